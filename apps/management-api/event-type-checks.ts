/** What the schemas cannot say of an event type: whether its JSON Schema is one, and how much of it fits a record. */
import { Ajv, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { FieldCheck, FieldChecks } from '../../libs/api-contract/validation.ts';

const textBytesMax = 256 * 1024;
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
    const plain = JSON.parse(JSON.stringify(schema)) as boolean | Record<string, unknown>;
    const dialect = typeof plain === 'object' ? plain['$schema'] : undefined;
    const isEarlier = typeof dialect === 'string' && earlierDialects.test(dialect);
    const ajv = isEarlier ? new Ajv(options) : new Ajv2020(options);
    formats.default(ajv);
    if ('$async' in ajv.compile(plain)) throw new Error('asynchronous schemas are not supported');
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      { path: '', rule: 'jsonSchema', message: `This is no JSON Schema that can be used: ${reason.slice(0, 300)}.` },
    ];
  }
};

export const eventTypeFieldChecks: FieldChecks = { jsonSchema: checkSchema, example: checkSize };
