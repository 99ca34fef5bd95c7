/** Checks answers against what the contract says of them: every field there, none beyond. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { problemSchema } from '../../../libs/api-contract/problem.ts';
import { isTimestamp } from '../../../libs/api-contract/validation.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('date-time', { type: 'string', validate: isTimestamp });

interface Contract {
  readonly id: string;
  readonly method: string;
  readonly path: RegExp;
  readonly status: number;
  /** Null: no body. */
  readonly answer: ValidateFunction | null;
}

const contracts: readonly Contract[] = allOperations.map(({ id, method, path, answer }) => ({
  id,
  method,
  path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  status: answer.status,
  answer: answer.schema === null ? null : ajv.compile(closed(answer.schema) as object),
}));
const problem = ajv.compile(closed(problemSchema) as object);

/** Operations that gave a good answer so far. */
export const seenOperations = new Set<string>();

/** @throws when an answer of an operation is not what its contract says */
export function checkAnswer(method: string, url: string, status: number, text: string): void {
  const path = url.split('?', 1)[0] ?? '';
  const contract = contracts.find((one) => one.method === method.toLowerCase() && one.path.test(path));
  if (status >= 400) {
    if (path.startsWith('/v1/') && !problem(JSON.parse(text)))
      throw new Error(`${path}: ${ajv.errorsText(problem.errors)}`);
    return;
  }
  if (contract === undefined) return;
  if (status !== contract.status) throw new Error(`${contract.id} answered ${status}, not ${contract.status}`);
  seenOperations.add(contract.id);
  if (contract.answer === null) {
    if (text !== '') throw new Error(`${contract.id} has a body`);
    return;
  }
  if (!contract.answer(JSON.parse(text))) {
    throw new Error(`${contract.id}: ${ajv.errorsText(contract.answer.errors)} in ${text.slice(0, 500)}`);
  }
}

/** The schema with every object that names its members refusing others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const isOpen =
    'properties' in members &&
    !('additionalProperties' in members) &&
    Object.keys(members['properties'] as object).length > 0;
  return isOpen ? { ...members, additionalProperties: false } : members;
}
