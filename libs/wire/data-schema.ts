/**
 * Does data fit the JSON Schema of its event type? One judgement for whoever asks: fan-out for every event, the API
 * before it takes one.
 */
import { Ajv, type ErrorObject, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { compareByText } from './equal-values.ts';
import { LinearPattern } from './linear-pattern.ts';
import { schemaSizeProblem } from './schema-size.ts';
import { schemaStepsMax, SchemaSteps, StepsExceeded } from './schema-steps.ts';

export interface DataMisfit {
  /** JSON Pointer into the data. */
  readonly path: string;
  /** Quotes no value of the data. */
  readonly message: string;
  /** True: nobody knows whether it fits, since it takes too long to tell. */
  readonly isOverBudget?: true;
}

/** Null: it fits. Else the first place where it does not. */
export type DataSchema = (data: unknown) => DataMisfit | null;

// A schema that is written into each place that refers to it could become as long as it likes.
const options: Options = {
  strict: false,
  allErrors: false,
  validateFormats: true,
  inlineRefs: false,
  // It prints all the code of a schema that cannot be compiled.
  logger: false,
};
/** Steps of a pattern are short. */
const statesAStep = 4;
/** Dialects before 2019-09, which the default dialect cannot read. */
const earlierDialects = /^https?:\/\/json-schema\.org\/draft-0[4-7]\//;
const wordsMax = 300;

/**
 * Compiles a schema: JSON Schema 2020-12, or draft-07 where its `$schema` says an earlier one. Patterns are judged in
 * linear time, a schema that would take long to compile is none, and no data takes more than {@link schemaStepsMax} steps: what would does not fit.
 * @throws Error saying why, when it is none that can be used
 */
export function dataSchema(schemaText: string): DataSchema {
  const schema = JSON.parse(schemaText) as boolean | Record<string, unknown>;
  const problem = schemaSizeProblem(schemaText, schema);
  if (problem !== null) throw new Error(problem);
  const dialect = typeof schema === 'object' ? schema['$schema'] : undefined;
  const isEarlier = typeof dialect === 'string' && earlierDialects.test(dialect);
  // One instance per schema: schemas of different event types may have the same $id.
  const steps = new SchemaSteps();
  const spendStates = (states: number) => {
    steps.spend(states / statesAStep);
  };
  const regExp = Object.assign((pattern: string) => new LinearPattern(pattern, spendStates), { code: 'linearPattern' });
  const bounded = { ...options, code: { regExp } };
  const ajv = isEarlier ? new Ajv(bounded) : new Ajv2020(bounded);
  formats.default(ajv);
  compareByText(ajv, steps.spend);
  steps.watch(ajv);
  const validate = ajv.compile(schema);
  if ('$async' in validate) throw new Error('asynchronous schemas are not supported');
  return (data) => {
    steps.allow(schemaStepsMax);
    try {
      return validate(data) ? null : misfitOf(validate.errors?.[0]);
    } catch (error) {
      // Two schemas that refer to each other for the same data go round until the stack is full.
      if (error instanceof StepsExceeded || error instanceof RangeError) return overBudget;
      throw error;
    }
  };
}

const overBudget: DataMisfit = {
  path: '',
  message: `takes more than ${schemaStepsMax} steps to be judged by its JSON Schema`,
  isOverBudget: true,
};

/** With a schema that cannot be used nothing fits: what is to be enforced is not passed on unchecked. */
export function schemaInForce(schemaText: string): DataSchema {
  try {
    return dataSchema(schemaText);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const misfit = { path: '', message: `cannot be checked, the JSON Schema cannot be used: ${reason}` };
    return () => misfit;
  }
}

export function wordsOf({ path, message }: DataMisfit): string {
  return `data${path} ${message}`.slice(0, wordsMax);
}

function misfitOf(error: ErrorObject | undefined): DataMisfit {
  if (error === undefined) return { path: '', message: 'does not fit' };
  const { instancePath: path, message = 'does not fit', params } = error;
  const named = params as { readonly [name: string]: unknown };
  // What Ajv leaves out of its words, and everybody asks for.
  const what = named['additionalProperty'] ?? named['unevaluatedProperty'] ?? named['allowedValues'];
  return { path, message: what === undefined ? message : `${message}: ${JSON.stringify(what)}`.slice(0, wordsMax) };
}
