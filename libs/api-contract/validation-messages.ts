/** What a validator found, in words that name the field and the rule. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import type { TSchema } from 'typebox';
import { pointerToken } from '../domain/payload/json-pointer.ts';
import { linePattern, textPattern } from './fields.ts';
import type { FieldProblem } from './problem.ts';

/** Of a body that is wrong everywhere the first ones are enough to say so: each one is held against the others. */
const errorsMax = 500;

/** One problem per field and rule. */
export function fieldProblems(errors: readonly ErrorObject[], schema: TSchema): FieldProblem[] {
  // What is wrong with a name is said once, of the member that has it.
  const told = errors.filter(({ propertyName }) => propertyName === undefined);
  const problems = withoutOtherBranches(told.slice(0, errorsMax)).map((error) => problemOf(error, schema));
  const seen = new Set<string>();
  return problems.filter(({ path, rule }) => {
    const key = `${path} ${rule}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/**
 * A value that may be of several kinds fails in every branch. Branches whose kind it is not at all say nothing about
 * what is wrong, unless it is of none: then the branches' kinds together are what is said.
 */
function withoutOtherBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  let kept = [...errors];
  for (const union of errors.filter(({ keyword }) => keyword === 'anyOf')) {
    const prefix = `${union.schemaPath}/`;
    // Of the items of a list each fails in the same branches.
    const inside = new Set(
      kept.filter(
        ({ schemaPath, instancePath }) => schemaPath.startsWith(prefix) && isWithin(instancePath, union.instancePath),
      ),
    );
    const branchOf = ({ schemaPath }: ErrorObject) => schemaPath.slice(prefix.length).split('/')[0] ?? '';
    const otherKinds = new Set(
      [...inside].filter((error) => isOfAnotherKind(error) && error.instancePath === union.instancePath).map(branchOf),
    );
    const isOfNone = new Set([...inside].map(branchOf)).size === otherKinds.size;
    kept = kept.filter((error) => {
      if (error === union) return isOfNone;
      return !inside.has(error) || (!isOfNone && !otherKinds.has(branchOf(error)));
    });
  }
  return kept;
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

function isOfAnotherKind({ keyword }: ErrorObject): boolean {
  return keyword === 'type' || keyword === 'enum' || keyword === 'const';
}

function problemOf(error: ErrorObject, root: TSchema): FieldProblem {
  const params = error.params as Record<string, unknown>;
  const below = (name: unknown) => error.instancePath + pointerToken(String(name));
  switch (error.keyword) {
    case 'required':
      return { path: below(params['missingProperty']), rule: 'required', message: 'This is required.' };
    case 'additionalProperties': {
      const message = `There is no such field${knownFields(error.parentSchema ?? root)}.`;
      return { path: below(params['additionalProperty']), rule: 'unknown', message };
    }
    case 'propertyNames':
      return { path: below(params['propertyName']), rule: 'name', message: nameMessage(error) };
    case 'enum':
      return at(error, `Must be one of ${(params['allowedValues'] as unknown[]).join(', ')}.`);
    case 'anyOf':
      return noneOf(error);
    case 'pattern':
      return at(error, patternMessage(error));
    case 'format':
      return at(error, `Must be a time in RFC 3339, such as 2026-03-14T09:26:53Z.${plusHint(error.data)}`);
    default:
      return at(error, sentence(error.message ?? 'is not valid'));
  }
}

function at(error: ErrorObject, message: string): FieldProblem {
  return { path: error.instancePath, rule: error.keyword, message };
}

function patternMessage({ schema: pattern, parentSchema }: ErrorObject): string {
  if (pattern === linePattern) return 'Must be one line of text, without control characters.';
  if (pattern === textPattern) return 'Must be text, without control characters but tabs and line ends.';
  const { description = '' } = parentSchema as { description?: string };
  return `Has characters or a form that are not allowed: ${description}`;
}

function nameMessage({ schema }: ErrorObject): string {
  return `This cannot be a name here: there are ${(schema as { description?: string }).description ?? 'others'}.`;
}

/** In a URL a plus is a space, and nobody expects it. */
function plusHint(text: unknown): string {
  return typeof text === 'string' && / \d\d:\d\d$/.test(text) ? ' In a URL its + is written %2B.' : '';
}

function knownFields(schema: object): string {
  const { properties } = schema as { properties?: object };
  const names = Object.keys(properties ?? {});
  return names.length === 0 ? '' : `; there are ${names.join(', ')}`;
}

function noneOf(error: ErrorObject): FieldProblem {
  const branches = error.schema as { type?: string | string[]; enum?: unknown[] }[];
  const hasWords = branches.some((branch) => branch.enum !== undefined);
  const choices = new Set(
    branches.flatMap(
      ({ enum: words, type }) => words ?? (hasWords && type === 'array' ? 'a list of them' : type) ?? [],
    ),
  );
  const rule = hasWords ? 'enum' : 'type';
  return { path: error.instancePath, rule, message: `Must be one of ${[...choices].map(String).join(', ')}.` };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
