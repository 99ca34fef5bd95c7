/**
 * JSON whose numbers survive: a number that a double cannot hold keeps the text it was written in.
 * Source: ECMAScript proposal "JSON.parse source text access" (Node.js 24: the reviver's context, JSON.rawJSON).
 */

interface RawJson {
  readonly rawJSON: string;
}
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  /** Some browsers do not have these two. */
  readonly rawJSON?: (text: string) => RawJson;
  readonly isRawJSON?: (value: unknown) => value is RawJson;
}
const json = JSON as unknown as JsonWithSource;

/**
 * A number of more characters is kept as it was written, without asking whether a double would do: the exact decimal of
 * any double is shorter, so that only zeros could make it longer.
 */
export const comparedCharsMax = 1_200;

/**
 * 16 digits (with a point or not), or an exponent of three digits: only then can a double fall short. A number begins the text or
 * follows one of these characters; long digits inside an id are no number.
 */
const longNumber = /(?:^|[\s:,[])-?(?:[\d.]{16}|[\d.]{1,15}[eE][+-]?\d{3})/;

/**
 * Like JSON.parse, but numbers that a double would change become raw JSON values, which JSON.stringify writes as they
 * were. Text without long numbers takes the plain way, and so does all text in a browser that has no raw JSON. @throws SyntaxError when the text is not JSON
 */
export function parseLossless(text: string): unknown {
  const { rawJSON } = json;
  if (!longNumber.test(text) || rawJSON === undefined) return JSON.parse(text);
  return json.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined || isExact(value, source)) return value;
    return rawJSON(source);
  });
}

/** The text of a number that {@link parseLossless} kept, else null. */
export function rawNumberOf(value: unknown): string | null {
  return json.isRawJSON?.(value) === true ? value.rawJSON : null;
}

/** True when the text may have numbers that a double would change. */
export function mayHaveLongNumbers(text: string): boolean {
  return longNumber.test(text);
}

/**
 * Compares decimal numbers as JSON writes them, exactly: negative, 0 or positive, as for sorting. It takes time in proportion to
 * their texts, whatever their exponents are.
 */
export function compareDecimals(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  if (left.sign !== right.sign) return left.sign - right.sign;
  const magnitude = left.top === right.top ? compareDigits(left.digits, right.digits) : left.top > right.top ? 1 : -1;
  return magnitude * left.sign;
}

interface DecimalParts {
  readonly sign: -1 | 0 | 1;
  /** Without zeros at either end. */
  readonly digits: string;
  /** The number is 0.digits × 10^top. */
  readonly top: bigint;
}

function partsOf(text: string): DecimalParts {
  const [, sign = '', digits = '', power = '0'] = /^(-?)(\d+)e(-?\d+)$/.exec(decimalOf(text)) ?? [];
  if (digits === '') return { sign: 0, digits, top: 0n };
  return { sign: sign === '-' ? -1 : 1, digits, top: BigInt(power) + BigInt(digits.length) };
}

/** The digits after a point: the shorter one goes on with zeros. */
function compareDigits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isExact(value: number, source: string): boolean {
  return source.length <= comparedCharsMax && decimalOf(String(value)) === decimalOf(source);
}

/** A spelling that two decimal numbers share exactly when they are the same number. */
function decimalOf(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const written = whole + fraction;
  // By hand: a pattern for zeros at the end is tried at every zero inside, in quadratic time.
  let start = 0;
  while (written.charCodeAt(start) === zero) start += 1;
  if (start === written.length) return '0';
  let end = written.length;
  while (written.charCodeAt(end - 1) === zero) end -= 1;
  // BigInt: an exponent may itself be longer than a double is exact.
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(written.length - end);
  return `${sign}${written.slice(start, end)}e${power}`;
}

const zero = 48;
