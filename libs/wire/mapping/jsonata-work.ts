/**
 * What JSONata does natively, counted by the size of what it is done to: one step of an expression may read a megabyte. In: the
 * functions of the library. Out: the same, which count before they begin, and a count of what lists and texts are made.
 * Holds: for one record no more characters and items are gone through than {@link jsonataWorkMax}.
 */

/** Characters of texts, items of lists and members of objects, for one record: a fraction of a second. */
export const jsonataWorkMax = 20_000_000;

export class WorkExceeded extends Error {}

/** As the library keeps a function. */
interface LibraryFunction {
  readonly _jsonata_function: true;
  readonly implementation: Implementation;
}

type Implementation = (this: unknown, ...args: unknown[]) => unknown;

interface Node {
  readonly type?: unknown;
  readonly value?: unknown;
}

/** Functions that look at a list or an object, and not into what it holds. */
const shallow = new Set(
  'append count exists not type boolean lookup reverse sum max min average map filter single reduce sift each sort'.split(
    ' ',
  ),
);
/** Whose second argument is looked for in the first. */
const searching = new Set(['contains', 'split', 'replace', 'substringBefore', 'substringAfter']);
/** They read a text by an expression that goes back: a long one takes a multiple of its square. */
const parsing = new Set(['toMillis', 'parseInteger']);

export class JsonataWork {
  private work = 0;
  private readonly compared: ReadonlySet<unknown>;
  private readonly workMax: number;

  /** @param ast of the expression */
  constructor(ast: unknown, workMax: number) {
    this.workMax = workMax;
    this.compared = operandsOfEquality(ast);
  }

  begin(): void {
    this.work = 0;
  }

  /** @throws WorkExceeded */
  charge(amount: number): void {
    this.work += amount;
    if (!(this.work <= this.workMax)) throw new WorkExceeded();
  }

  /** A name is looked for in every item of a list. */
  entered(node: Node, input: unknown): void {
    if (node.type === 'name' && Array.isArray(input)) this.charge(input.length);
  }

  left(node: Node, result: unknown): void {
    if (Array.isArray(result)) this.charge(result.length);
    else if (node.value === '&' && typeof result === 'string') this.charge(result.length);
    if (this.compared.has(node)) this.chargeAll(result);
  }

  /** The function, counting. Functions of the expression itself are made of steps. */
  counting(name: string, found: unknown): LibraryFunction | null {
    if (!isOfLibrary(found)) return null;
    const { implementation } = found;
    const chargeFor = (args: readonly unknown[]) => {
      this.chargeFor(name, args);
    };
    const counted = function (this: unknown, ...args: unknown[]): unknown {
      chargeFor(args);
      return implementation.apply(this, args);
    };
    // The library reads how many arguments there are, and their names, from the function itself.
    Object.defineProperties(counted, {
      length: { value: implementation.length },
      toString: { value: () => implementation.toString() },
    });
    return { ...found, implementation: counted };
  }

  private chargeFor(name: string, args: readonly unknown[]): void {
    const [first, second, third] = args;
    if (shallow.has(name)) for (const arg of args) this.charge(lengthOf(arg));
    else for (const arg of args) this.chargeAll(arg);
    if (searching.has(name)) this.charge((lengthOf(first) * lengthOf(second)) / 16);
    if (name === 'replace') this.charge((lengthOf(first) / Math.max(lengthOf(second), 1)) * lengthOf(third));
    if (name === 'join') this.charge(lengthOf(first) * lengthOf(second));
    if (parsing.has(name)) this.charge(lengthOf(first) ** 2);
  }

  private chargeAll(value: unknown): void {
    const rest = [value];
    for (let next = rest.pop(); rest.length > 0 || next !== undefined; next = rest.pop()) {
      this.charge(1);
      if (typeof next === 'string') this.charge(next.length);
      if (typeof next !== 'object' || next === null || isFunction(next)) continue;
      if (Array.isArray(next)) {
        this.charge(next.length);
        for (const item of next as readonly unknown[]) if (item !== undefined) rest.push(item);
      } else {
        for (const [key, member] of Object.entries(next)) {
          this.charge(key.length);
          if (member !== undefined) rest.push(member);
        }
      }
    }
  }
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null && !isFunction(value) ? Object.keys(value).length : 1;
}

/** It holds its environment, which holds everything. */
function isFunction(value: object): boolean {
  return '_jsonata_lambda' in value || '_jsonata_function' in value;
}

function isOfLibrary(found: unknown): found is LibraryFunction {
  return typeof found === 'object' && found !== null && '_jsonata_function' in found;
}

/** Objects and lists are compared as deep as they are. */
function operandsOfEquality(ast: unknown): ReadonlySet<unknown> {
  const operands = new Set<unknown>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, value, lhs, rhs } = node as Readonly<Record<string, unknown>>;
    if (type === 'binary' && (value === '=' || value === '!=')) for (const operand of [lhs, rhs]) operands.add(operand);
    for (const part of Object.values(node)) walk(part);
  };
  walk(ast);
  return operands;
}
