/**
 * In: an operation and a request as it came. Out: what the controller may rely on, or every problem at once.
 * Holds: what passes has the shape that the operation's schemas say; nothing unknown passes.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { TObject } from 'typebox';
import type { Operation } from './operation.ts';
import type { FieldProblem } from './problem.ts';
import { fieldProblems } from './validation-messages.ts';

/** What a schema cannot say, such as whether a URL may be called. Asked for a field only when its schema holds. */
export type FieldCheck = (value: unknown) => readonly FieldProblem[];
/** By the name of a field of the body; paths in the answer are pointers from there. */
export type FieldChecks = Readonly<Record<string, FieldCheck>>;

export interface RawInput {
  readonly params: Readonly<Record<string, unknown>>;
  /** Texts as they came. */
  readonly query: Readonly<Record<string, unknown>>;
  /** Undefined when there was none. */
  readonly body: unknown;
  /** It is in another form, which has its own judge. */
  readonly isOtherBody?: boolean;
}

export interface ValidInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export type Validated =
  | { readonly kind: 'valid'; readonly input: ValidInput }
  /** An id that nothing can have. */
  | { readonly kind: 'not_found' }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

/** More would help nobody. */
const problemsMax = 100;

/** A body of more values is refused at its first problem: every wrong one would become an error object. */
const judgedWholeMax = 20_000;

const options = { strict: true, verbose: true, strictTypes: false, allowUnionTypes: true };
const ajv = new Ajv2020({ ...options, allErrors: true });
const ajvOfLarge = new Ajv2020({ ...options, allErrors: false });
for (const each of [ajv, ajvOfLarge]) each.addFormat('date-time', { type: 'string', validate: isTimestamp });

/** The validator of one operation; compile it once. */
export class InputValidator {
  private readonly operation: Operation;
  private readonly checks: FieldChecks;
  private readonly params: ValidateFunction;
  private readonly query: ValidateFunction;
  private readonly body: ValidateFunction;
  /** Compiled when the first such body comes. */
  private bodyOfLarge: ValidateFunction | null = null;

  constructor(operation: Operation, checks: FieldChecks = {}) {
    this.operation = operation;
    this.checks = checks;
    this.params = ajv.compile(operation.params);
    this.query = ajv.compile(operation.query);
    this.body = ajv.compile(operation.body);
  }

  validate(raw: RawInput): Validated {
    if (!this.params(raw.params)) {
      // What is put there is named by the path: the name is what is wrong, nothing is looked for.
      if (this.operation.method !== 'put') return { kind: 'not_found' };
      return { kind: 'invalid', problems: fieldProblems(this.params.errors ?? [], this.operation.params) };
    }
    const query = typedQuery(raw.query, this.operation.query);
    const body = raw.body === undefined && !this.operation.isBodyRequired ? {} : raw.body;
    const ofBody = raw.isOtherBody === true ? [] : this.bodyProblems(body);
    const problems = [...this.queryProblems(query), ...ofBody];
    if (problems.length > 0) return { kind: 'invalid', problems: problems.slice(0, problemsMax) };
    return { kind: 'valid', input: { params: raw.params, query, body } };
  }

  private queryProblems(query: unknown): FieldProblem[] {
    if (this.query(query)) return [];
    return fieldProblems(this.query.errors ?? [], this.operation.query).map((problem) => {
      const value = (query as Record<string, unknown>)[problem.path.slice(1)];
      const isOnce = !isList(this.operation.query, problem.path.slice(1));
      return isOnce && Array.isArray(value) ? { ...problem, message: 'It is given more than once.' } : problem;
    });
  }

  private bodyProblems(body: unknown): FieldProblem[] {
    if (body === undefined) return [{ path: '', rule: 'required', message: 'A body is required.' }];
    const validate = hasMoreValues(body, judgedWholeMax) ? this.ofLarge() : this.body;
    const errors: ErrorObject[] = validate(body) ? [] : (validate.errors ?? []);
    const problems = fieldProblems(errors, this.operation.body);
    // Of a large body the first error alone is known: nothing says that other fields hold.
    const isKnown = errors.length === 0 || validate === this.body;
    if (typeof body !== 'object' || body === null || !isKnown) return problems;
    for (const [name, check] of Object.entries(this.checks)) {
      const value: unknown = Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined;
      // Not by the problems: of many errors only the first ones become any.
      if (value === undefined || errors.some(({ instancePath }) => isWithin(instancePath, name))) continue;
      problems.push(...check(value).map((problem) => ({ ...problem, path: `/${name}${problem.path}` })));
    }
    return problems;
  }

  private ofLarge(): ValidateFunction {
    return (this.bodyOfLarge ??= ajvOfLarge.compile(this.operation.body));
  }
}

function isList(schema: TObject, name: string): boolean {
  if (!Object.hasOwn(schema.properties, name)) return false;
  const property = schema.properties[name] as QueryProperty;
  return [property, ...(property.anyOf ?? [])].some(({ type }) => type === 'array');
}

/** Counts no further than it has to. */
function hasMoreValues(body: unknown, max: number): boolean {
  const open: unknown[] = [body];
  let seen = 0;
  while (open.length > 0) {
    const value = open.pop();
    seen += 1;
    if (seen + open.length > max) return true;
    if (typeof value !== 'object' || value === null) continue;
    for (const name in value) {
      open.push((value as Record<string, unknown>)[name]);
      if (seen + open.length > max) return true;
    }
  }
  return false;
}

/** RFC 3339 with a date that exists, in years that every part of the way can hold. */
export function isTimestamp(text: string): boolean {
  if (!/^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.test(text)) return false;
  const days = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  return Number(text.slice(8, 10)) <= days && !Number.isNaN(Date.parse(text.toUpperCase()));
}

function isWithin(path: string, name: string): boolean {
  return path === `/${name}` || path.startsWith(`/${name}/`);
}

/** Numbers and booleans of a query come as text; what is neither stays text and is refused by its schema. */
function typedQuery(query: Readonly<Record<string, unknown>>, schema: TObject): Record<string, unknown> {
  const typed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) {
    const property = Object.hasOwn(schema.properties, name) ? (schema.properties[name] as QueryProperty) : {};
    typed[name] = property.type === 'array' ? typedList(value, property.items) : typedOne(value, property.type);
  }
  return typed;
}

interface QueryProperty {
  readonly type?: unknown;
  readonly items?: { readonly type?: unknown };
  readonly anyOf?: readonly { readonly type?: unknown }[];
}

/** A parameter that may be given several times is a list also when it is given once. */
function typedList(value: unknown, items: QueryProperty['items']): unknown[] {
  return [value].flat().map((one: unknown) => typedOne(one, items?.type));
}

function typedOne(value: unknown, type: unknown): unknown {
  return typeof value === 'string' ? typedText(value, type) : value;
}

function typedText(text: string, type: unknown): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
