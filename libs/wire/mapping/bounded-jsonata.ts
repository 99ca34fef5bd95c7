/**
 * JSONata for what a path does not suffice. In: an expression of a mapping file, then records. Out: what it makes of them.
 * Holds: the result follows from the record alone, so a record that is read twice becomes the same event; and whatever a producer
 * writes, it takes a bounded number of steps, over a bounded number of characters and items.
 */
import jsonata from 'jsonata';
import { JsonataWork, jsonataWorkMax, WorkExceeded } from './jsonata-work.ts';
import { headerOf, type Found, type MappingInput } from './mapping-input.ts';

/** Parts of an expression that are evaluated, for one record. */
export const jsonataStepsMax = 20_000;
/** Evaluations inside each other. */
const depthMax = 200;
/** Items of a list that it makes, of a range such as `[1..n]` too. */
const itemsMax = 10_000;
const padMax = 1_000;
const charsMax = 10_000;

const notOfTheRecord = 'its result must follow from the record alone';
/** What cannot be had, and why. */
const refused: Readonly<Record<string, string>> = {
  now: notOfTheRecord,
  millis: notOfTheRecord,
  random: notOfTheRecord,
  shuffle: notOfTheRecord,
  eval: 'it would run what a producer wrote',
};

class StepsExceeded extends Error {}

/** Where an expression finds its functions, as far as it is used here. */
interface Environment {
  lookup(name: string): unknown;
}

export class BoundedJsonata {
  readonly text: string;
  private readonly expression: jsonata.Expression;
  private readonly work: JsonataWork;
  private steps = 0;

  private readonly workMax: number;

  /** @param workMax characters and items for one record @throws Error saying what is wrong with it */
  constructor(text: string, workMax = jsonataWorkMax) {
    if (text.length > charsMax) throw new Error(`has more than ${charsMax} characters`);
    this.text = text;
    this.workMax = workMax;
    try {
      this.expression = jsonata(text, { stack: depthMax, sequence: itemsMax });
    } catch (error) {
      const { message, position } = error as { message?: string; position?: number };
      throw new Error(`is not JSONata: ${message ?? String(error)} (at character ${position ?? '?'})`, {
        cause: error,
      });
    }
    const ast = this.expression.ast();
    refuseIn(ast);
    refuseUnknown(ast);
    this.expression.registerFunction('pad', pad, '<s-ns?:s>');
    this.expression.registerFunction('distinct', distinct, '<x:x>');
    const count = () => {
      this.steps += 1;
      if (this.steps > jsonataStepsMax) throw new StepsExceeded();
    };
    this.expression.registerFunction('sort', sortCounting(count), '<af?:a>');
    this.work = new JsonataWork(ast, workMax);
    this.countWork(count);
  }

  /** The library's own functions can be had only from inside of an evaluation: at the first step of the first one. */
  private countWork(count: () => void): void {
    const { expression, work } = this;
    // It takes symbols too, which its types do not say.
    const hook = (name: string, called: (...seen: never[]) => void) => {
      expression.assign(Symbol.for(`jsonata.__evaluate_${name}`) as unknown as string, called);
    };
    let isCounting = false;
    hook('entry', (node: object, input: unknown, environment: Environment) => {
      count();
      work.entered(node, input);
      if (isCounting) return;
      isCounting = true;
      for (const name of functions) {
        const counting = work.counting(name, environment.lookup(name));
        if (counting !== null) expression.assign(name, counting);
      }
    });
    hook('exit', (node: object, _input: unknown, _environment: unknown, result: unknown) => {
      work.left(node, result);
    });
  }

  /** One at a time. */
  async evaluate(input: MappingInput): Promise<Found> {
    this.steps = 0;
    this.work.begin();
    try {
      const value: unknown = await this.expression.evaluate(documentOf(input));
      if (value === undefined) return { ok: false, gap: 'the JSONata finds nothing', isNothing: true };
      if (typeof value === 'function') return { ok: false, gap: 'the JSONata gives a function' };
      return { ok: true, value };
    } catch (error) {
      if (error instanceof StepsExceeded)
        return { ok: false, gap: `the JSONata takes more than ${jsonataStepsMax} steps` };
      if (error instanceof WorkExceeded)
        return { ok: false, gap: `the JSONata goes through more than ${this.workMax} characters and items` };
      // The message may quote the payload.
      const { code } = error as { code?: unknown };
      const kind = typeof code === 'string' ? code : error instanceof Error ? error.name : 'error';
      return { ok: false, gap: `the JSONata fails (${kind}${meanings[kind] ?? ''})` };
    }
  }
}

/** Of the library's codes, those that data causes. */
const meanings: Readonly<Record<string, string>> = {
  D1011: `: more than ${depthMax} evaluations inside each other`,
  D2014: `: a range of too many items`,
  D2015: `: a list of more than ${itemsMax} items`,
  D3030: ': a text that is no number',
  D3070: ': what is sorted is neither numbers nor texts',
  D3137: ': $error was called',
  T0410: ': an argument of another type than the function takes',
  T2001: ': what is left of an operator is no number; one beyond 2^53 cannot be counted with',
  T2002: ': what is right of an operator is no number; one beyond 2^53 cannot be counted with',
  T2009: ': values of two types are compared',
  T2010: ': what is compared is neither numbers nor texts',
};

/** What an expression sees: `value`, `row`, `key`, `headers`, `topic`, `partition`, `offset`, `timestamp`. */
function documentOf({ record, value, row, key }: MappingInput): object {
  const { topic, partition, offset, timestampMs, headers } = record;
  const texts = Object.keys(headers).map((name) => [name, headerOf(record, name)] as const);
  return {
    value,
    ...(row === undefined ? {} : { row }),
    ...(key.ok ? { key: key.value } : {}),
    headers: Object.fromEntries(texts.flatMap(([name, found]) => (found.ok ? [[name, found.value]] : []))),
    ...{ topic, partition, offset, timestamp: timestampMs },
  };
}

function refuseIn(node: unknown): void {
  if (node instanceof RegExp) {
    throw new Error('has a regular expression, which is not taken: a text may be made that it takes for ever on');
  }
  if (typeof node !== 'object' || node === null) return;
  const { type, value } = node as { type?: unknown; value?: unknown };
  if (type === 'variable' && typeof value === 'string' && Object.hasOwn(refused, value)) {
    throw new Error(`has $${value}, which is not taken: ${refused[value] ?? ''}`);
  }
  for (const part of Object.values(node)) refuseIn(part);
}

/** Of the library, as its documentation lists them. */
const functions = new Set(
  `abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl decodeUrlComponent distinct
  each encodeUrl encodeUrlComponent error exists filter floor formatBase formatInteger formatNumber fromMillis join keys length
  lookup lowercase map match max merge min not number pad parseInteger power reduce replace reverse round sift single sort split
  spread sqrt string substring substringAfter substringBefore sum toMillis trim type uppercase zip`.split(/\s+/),
);

/** A name that is misspelled would reject every record. */
function refuseUnknown(ast: unknown): void {
  const [used, made] = [new Set<string>(), new Set<string>()];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, value, lhs, arguments: taken, focus, index } = node as Readonly<Record<string, unknown>>;
    if (type === 'variable' && typeof value === 'string') used.add(value);
    const binds = [
      ...(type === 'bind' ? [lhs] : []),
      ...(type === 'lambda' && Array.isArray(taken) ? (taken as unknown[]) : []),
    ];
    for (const bound of binds) made.add(String((bound as { value?: unknown } | undefined)?.value));
    for (const name of [focus, index]) if (typeof name === 'string') made.add(name);
    for (const part of Object.values(node)) walk(part);
  };
  walk(ast);
  const unknown = [...used].find((name) => name !== '' && name !== '$' && !made.has(name) && !functions.has(name));
  if (unknown !== undefined) throw new Error(`has $${unknown}, which neither JSONata nor the expression has`);
}

/** The library's own makes a text of any length. */
function pad(text: string | undefined, width: number, characters = ' '): string | undefined {
  if (text === undefined) return undefined;
  const bounded = Math.min(Math.abs(width), padMax);
  return width < 0 ? text.padStart(bounded, characters) : text.padEnd(bounded, characters);
}

/** True: what is on the left comes after what is on the right. */
type IsAfter = (left: unknown, right: unknown) => unknown;

/**
 * The library's own copies what is left of a list after each comparison, and keeps all the copies until it is done: 30,000 numbers
 * take more than a gigabyte.
 */
function sortCounting(count: () => void) {
  return async (items: readonly unknown[] | undefined, isAfter?: IsAfter): Promise<unknown> => {
    if (items === undefined || items.length <= 1) return items;
    if (isAfter !== undefined) return sortedBy(items, isAfter, count);
    const isOf = (type: string) => items.every((item) => typeof item === type);
    if (!isOf('number') && !isOf('string')) throw Object.assign(new Error(), { code: 'D3070' });
    return (items as readonly (string | number)[]).toSorted((a, b) => (a > b ? 1 : Number(a < b) * -1));
  };
}

/** Stable. */
async function sortedBy(items: readonly unknown[], isAfter: IsAfter, count: () => void): Promise<unknown[]> {
  let sorted = [...items];
  for (let width = 1; width < sorted.length; width *= 2) {
    const merged: unknown[] = [];
    for (let start = 0; start < sorted.length; start += 2 * width) {
      const middle = Math.min(start + width, sorted.length);
      const end = Math.min(middle + width, sorted.length);
      let [left, right] = [start, middle];
      while (left < middle && right < end) {
        count();
        if (await isAfter(sorted[left], sorted[right])) merged.push(sorted[right++]);
        else merged.push(sorted[left++]);
      }
      while (left < middle) merged.push(sorted[left++]);
      while (right < end) merged.push(sorted[right++]);
    }
    sorted = merged;
  }
  return sorted;
}

/** The library's own compares each with each. */
function distinct(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const seen = new Map<string, unknown>();
  for (const item of value as unknown[]) {
    const text = JSON.stringify(item);
    if (!seen.has(text)) seen.set(text, item);
  }
  return [...seen.values()];
}
