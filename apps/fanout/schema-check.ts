/** Does data fit the JSON Schema of its event type? Compiled once per version of the event type. */
import { Ajv, type ErrorObject, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** Null: it fits. Else where and why not, in words that quote no value. */
export type SchemaCheck = (data: unknown) => string | null;

const options: Options = { strict: false, allErrors: false, validateFormats: true };
/** Dialects before 2019-09, which the default dialect cannot read. */
const earlierDialects = /^https?:\/\/json-schema\.org\/draft-0[4-7]\//;

/**
 * Compiles a schema: JSON Schema 2020-12, or draft-07 where its `$schema` says an earlier one. With a schema that cannot
 * be used nothing fits: what is to be enforced is not passed on unchecked.
 */
export function schemaCheck(schemaText: string): SchemaCheck {
  try {
    const schema = JSON.parse(schemaText) as boolean | Record<string, unknown>;
    const dialect = typeof schema === 'object' ? schema['$schema'] : undefined;
    const isEarlier = typeof dialect === 'string' && earlierDialects.test(dialect);
    // One instance per schema: schemas of different event types may have the same $id.
    const ajv = isEarlier ? new Ajv(options) : new Ajv2020(options);
    formats.default(ajv);
    const validate = ajv.compile(schema);
    if ('$async' in validate) throw new Error('asynchronous schemas are not supported');
    return (data) => (validate(data) ? null : inWords(validate.errors?.[0]));
  } catch (error) {
    const problem = `the JSON Schema cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    return () => problem.slice(0, 300);
  }
}

function inWords(error: ErrorObject | undefined): string {
  const place = error?.instancePath === '' || error === undefined ? 'data' : `data${error.instancePath}`;
  return `${place} ${error?.message ?? 'does not fit'}`.slice(0, 300);
}
