/** Fields that occur in several objects of the API. */
import Type, { type Static, type TSchema } from 'typebox';

/** One line: no control characters, no lone surrogates. */
export const linePattern = '^[^\\p{Cc}\\p{Cs}]*$';
/** The same with tabs and line ends. */
export const textPattern = '^([^\\p{Cc}\\p{Cs}]|[\\t\\n\\r])*$';

/** One line of text: no control characters, no lone surrogates. */
export function lineOf(lengthMax: number, description: string, more: Record<string, unknown> = {}) {
  return Type.String({ minLength: 1, maxLength: lengthMax, pattern: linePattern, description, ...more });
}

/** Text of several lines: tabs and line ends are allowed. */
export function textOf(lengthMax: number, description: string, more: Record<string, unknown> = {}) {
  return Type.String({ maxLength: lengthMax, pattern: textPattern, description, ...more });
}

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

/** An object of any names. TypeBox's own Record would let names with line ends through unchecked. */
export function mapOf<Schema extends TSchema>(schema: Schema, options: Record<string, unknown> = {}) {
  return Type.Unsafe<Record<string, Static<Schema>>>({ type: 'object', additionalProperties: schema, ...options });
}

/** An object that refuses what it does not name. */
export const strict = { additionalProperties: false } as const;

export const timestamp = Type.String({
  format: 'date-time',
  description: 'RFC 3339, UTC.',
  examples: ['2026-03-14T09:26:53.589Z'],
});

/** An id as it comes in a path or a filter: whatever it looks like, it names something or nothing. */
export const anyId = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: linePattern,
  description: 'As the API gave it.',
});

export const clientId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$',
  description: 'Letters, digits and . _ : - ; what events name in `clientid`.',
  examples: ['acme'],
});

export const eventTypeName = Type.String({
  maxLength: 255,
  pattern: '^[A-Za-z0-9_][A-Za-z0-9_.:/+@-]*$',
  description: 'A CloudEvents type.',
  examples: ['order.created'],
});

export const eventTypePattern = Type.String({
  maxLength: 255,
  pattern: '^(\\*|[A-Za-z0-9_][A-Za-z0-9_.:/+@-]*|[A-Za-z0-9_][A-Za-z0-9_.:/+@-]*\\.\\*)$',
  description: 'A type, a prefix such as `order.*`, or `*` for every type.',
  examples: ['order.*'],
});

export const idempotencyKeyHeader = {
  name: 'Idempotency-Key',
  pattern: '^[\\x21-\\x7e]{1,255}$',
  description:
    'Any text of up to 255 printable ASCII characters. The same request under the same key is answered with the first answer for 24 hours.',
} as const;

export const ifMatchHeader = {
  name: 'If-Match',
  description: 'The `ETag` of the version that is meant: another one is left as it is (`precondition_failed`).',
} as const;

export const etagHeader = {
  ETag: { description: 'The version of the object, for `If-Match`.', schema: { type: 'string', examples: ['"1"'] } },
} as const;

export const retryAfterHeader = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1, examples: [1] } },
} as const;

/** Parameters of every list. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 250, default: 50, description: 'Items on a page.' })),
  cursor: Type.Optional(
    Type.String({ maxLength: 1000, description: '`nextCursor` or `prevCursor` of a page; everything else unchanged.' }),
  ),
};

export function pageOf<Item extends TSchema>(item: Item, description: string) {
  return Type.Object(
    {
      data: Type.Array(item),
      nextCursor: nullable(Type.String({ description: 'For the next page; null on the last one.' })),
      prevCursor: nullable(Type.String({ description: 'For the page before; null on the first one.' })),
    },
    { description },
  );
}

/** A list as a whole, one item a line (NDJSON). */
export function linesOf(item: TSchema, example: string) {
  return Type.String({
    description: 'Lines; the schema is that of each of them.',
    contentMediaType: 'application/json',
    contentSchema: item,
    examples: [`${example}\n`],
  });
}

export const exportDescription =
  'The whole of a filtered list, one JSON object a line, as fast as it is read. An answer that breaks off is not complete.';

export const idParams = Type.Object({ id: anyId });
