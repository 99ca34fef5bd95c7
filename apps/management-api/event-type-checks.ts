/** What the schemas cannot say of an event type: whether its JSON Schema is one, and how much of it fits a record. */
import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { FieldProblem } from '../../libs/api-contract/problem.ts';
import type { FieldCheck, FieldChecks } from '../../libs/api-contract/validation.ts';
import type { EventType } from '../../libs/domain/event-type.ts';
import { schemaBreaks } from '../../libs/domain/schema-compatibility.ts';

const textBytesMax = 256 * 1024;
/** More would help nobody. */
const breaksMax = 100;
const options: Options = { strict: false, validateFormats: true };
const earlierDialects = /^https?:\/\/json-schema\.org\/draft-0[4-7]\//;

const checkSize: FieldCheck = (value) => {
  if (Buffer.byteLength(JSON.stringify(value)) <= textBytesMax) return [];
  return [{ path: '', rule: 'maxBytes', message: `Has more than ${textBytesMax} bytes as JSON.` }];
};

/** The same dialects that fan-out takes: 2020-12, or draft-07 where `$schema` names an earlier one. */
const checkSchema: FieldCheck = (schema) => {
  if (schema === null) return [];
  const tooLarge = checkSize(schema);
  if (tooLarge.length > 0) return tooLarge;
  try {
    if ('$async' in compiled(JSON.stringify(schema))) throw new Error('asynchronous schemas are not supported');
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      { path: '', rule: 'jsonSchema', message: `This is no JSON Schema that can be used: ${reason.slice(0, 300)}.` },
    ];
  }
};

export const eventTypeFieldChecks: FieldChecks = { jsonSchema: checkSchema, example: checkSize };

/** @throws when it is no JSON Schema of ours */
function compiled(schemaText: string): ValidateFunction {
  const schema = JSON.parse(schemaText) as boolean | Record<string, unknown>;
  const dialect = typeof schema === 'object' ? schema['$schema'] : undefined;
  const isEarlier = typeof dialect === 'string' && earlierDialects.test(dialect);
  const ajv = isEarlier ? new Ajv(options) : new Ajv2020(options);
  formats.default(ajv);
  return ajv.compile(schema);
}

/** An example that the schema itself would not let through, where the schema is in force. */
export function exampleProblems({
  jsonSchema,
  example,
  schemaMode,
}: Pick<EventType, 'jsonSchema' | 'example' | 'schemaMode'>): FieldProblem[] {
  if (jsonSchema === null || example === null || schemaMode === 'off') return [];
  const validate = compiled(jsonSchema);
  if (validate(JSON.parse(example))) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => ({
    path: `/example${instancePath}`,
    rule: 'jsonSchema',
    message: `Does not fit jsonSchema: ${message ?? 'not valid'}.`,
  }));
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
