/** What the schemas cannot say of an event type: whether its JSON Schema is one, and how much of it fits a record. */
import type { FieldProblem } from '../../../libs/api-contract/problem.ts';
import type { FieldCheck, FieldChecks } from '../../../libs/api-contract/validation.ts';
import type { EventType } from '../../../libs/domain/event/event-type.ts';
import { schemaBreaks } from '../../../libs/domain/event/schema-compatibility.ts';
import { dataSchema } from '../../../libs/wire/data-schema.ts';

const textBytesMax = 256 * 1024;
/** More would help nobody. */
const breaksMax = 100;

const checkSize: FieldCheck = (value) => {
  if (Buffer.byteLength(JSON.stringify(value)) <= textBytesMax) return [];
  return [{ path: '', rule: 'maxBytes', message: `Has more than ${textBytesMax} bytes as JSON.` }];
};

const checkSchema: FieldCheck = (schema) => {
  if (schema === null) return [];
  const tooLarge = checkSize(schema);
  if (tooLarge.length > 0) return tooLarge;
  try {
    dataSchema(JSON.stringify(schema));
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ path: '', rule: 'jsonSchema', message: `This JSON Schema cannot be used: ${reason.slice(0, 300)}.` }];
  }
};

export const eventTypeFieldChecks: FieldChecks = { jsonSchema: checkSchema, example: checkSize };

/** An example that the schema itself would not let through, where the schema is in force. */
export function exampleProblems({
  jsonSchema,
  example,
  schemaMode,
}: Pick<EventType, 'jsonSchema' | 'example' | 'schemaMode'>): FieldProblem[] {
  if (jsonSchema === null || example === null || schemaMode === 'off') return [];
  const misfit = dataSchema(jsonSchema)(JSON.parse(example));
  if (misfit === null) return [];
  const { path, message } = misfit;
  return [{ path: `/example${path}`, rule: 'jsonSchema', message: `Does not fit jsonSchema: ${message}.` }];
}

/** Where the new schema breaks publishers or receivers of the old one; null: nowhere. */
export function incompatibilities(before: string | null, after: string | null): FieldProblem[] | null {
  const breaks = schemaBreaks(parsedOrNull(before), parsedOrNull(after));
  if (breaks.length === 0) return null;
  return breaks.slice(0, breaksMax).map((found) => ({ ...found, path: `/jsonSchema${found.path}` }));
}

function parsedOrNull(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
