/** Fields that occur in several objects of the API. */
import Type, { type Static, type TSchema } from 'typebox';
import { labelsMax } from '../domain/webhook/labels.ts';
import { capabilities } from '../domain/access/capabilities.ts';

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

/** A parameter that may be given several times: any of the values. */
export function severalOf<Schema extends TSchema>(item: Schema, itemsMax: number, description: string) {
  return Type.Array(item, { minItems: 1, maxItems: itemsMax, description });
}

/** The same of a parameter that took one value before: generated clients may go on giving it as it is. */
export function oneOrSeveralOf<Schema extends TSchema>(item: Schema, itemsMax: number, description: string) {
  return Type.Union([item, Type.Array(item, { minItems: 1, maxItems: itemsMax })], { description });
}

/** An object that refuses what it does not name. */
export const strict = { additionalProperties: false } as const;

export const timestamp = Type.String({
  format: 'date-time',
  description: 'RFC 3339, UTC.',
  examples: ['2026-03-14T09:26:53.589Z'],
});

/** Of an event type, or of a client. */
export const retentionDays = Type.Union([Type.Integer({ minimum: 1, maximum: 3650 }), Type.Null()], {
  description:
    'How many days the history keeps it, at most HISTORY_RETENTION_DAYS. Null: as long as that. Of two that apply the shorter counts; it goes within a day after that.',
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

const labelName = '[A-Za-z0-9][A-Za-z0-9._/-]{0,62}';

const labelNames = {
  type: 'string',
  pattern: `^${labelName}$`,
  description: 'names of up to 63 letters, digits and . _ / -',
};

/** Strings by name, for whoever keeps order among many. */
export const labels = mapOf(
  Type.String({ maxLength: 200, pattern: linePattern, description: 'One line of up to 200 characters.' }),
  {
    maxProperties: labelsMax,
    propertyNames: labelNames,
    description: `Yours, to find it again: up to ${labelsMax}, names of up to 63 letters, digits and . _ / -.`,
    examples: [{ team: 'billing' }],
  },
);

/** JSON Merge Patch of {@link labels}. */
export const labelsPatch = nullable(
  mapOf(nullable(Type.String({ maxLength: 200, pattern: linePattern })), {
    maxProperties: 2 * labelsMax,
    propertyNames: labelNames,
    description: 'Labels are changed one by one; null removes one, or in their place all of them.',
    examples: [{ team: 'billing' }],
  }),
);

/** Of a list: those that have all of these labels. */
export const labelFilter = severalOf(
  Type.String({
    maxLength: 264,
    pattern: `^${labelName}:[^\\p{Cc}\\p{Cs}]*$`,
    description: 'the name of a label, a colon and its value',
    examples: ['team:billing'],
  }),
  labelsMax,
  'Those with this label, as `name:value`; given several times, those with all of them.',
);

export const externalId = nullable(lineOf(256, 'Yours: its id in your own system.', { examples: ['crm-4711'] }));

/** What producers on Kafka name types: classes of Java, paths, words of any language. */
const typeCharacter = '[^\\p{C}\\p{Z},*]';
export const eventTypeNamePattern = `^${typeCharacter}+$`;

export const eventTypeName = Type.String({
  maxLength: 255,
  pattern: eventTypeNamePattern,
  description: 'A CloudEvents type: any characters but blanks, commas and `*`.',
  examples: ['order.created'],
});

export const eventTypePattern = Type.String({
  maxLength: 255,
  pattern: `^(\\*|${typeCharacter}+(\\.\\*)?)$`,
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

export const requestIdHeaderName = 'x-request-id';
export const requestIdExample = '3f0f3a52-7c53-4b0b-9a53-3f6f6b1f2a10';

/** Of every answer. */
export const requestIdHeader = {
  'X-Request-Id': {
    description: 'Names the request in the log of the API, in problems and in the audit log.',
    schema: { type: 'string', examples: [requestIdExample] },
  },
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

/** A page of a list in which what is asked for is looked for among a bounded number of rows. */
export function searchedPageOf<Item extends TSchema>(item: Item, description: string) {
  return Type.Object(
    {
      ...pageOf(item, description).properties,
      searchedTo: nullable({
        ...timestamp,
        description:
          'The page ends early, with fewer items or none, because little of what was looked at fits the filter: it was looked at everything back to this time, and `nextCursor` goes on from there. Null for a page that is full or the last one.',
      }),
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

export const capabilityList = Type.Array(Type.Enum([...capabilities]), {
  uniqueItems: true,
  maxItems: capabilities.length,
  description:
    'What it may do beside looking. `payloads.read`: see what was sent and answered; without it payloads, data and response bodies are null.',
  examples: [['webhooks.write', 'payloads.read']],
});

export const idParams = Type.Object({ id: anyId });

export const keptOnKafka = Type.Array(
  Type.Object({
    topic: Type.String({ examples: ['webhook.events'] }),
    until: nullable({
      ...timestamp,
      description: 'By then Kafka has nothing of it: its topics are kept by age. Null: until the topic is compacted.',
    }),
  }),
  { description: 'What is not erased: Kafka keeps its records until they are past retention.' },
);

/** Of a client: whether it is suspended, or leaves. */
export const clientStanding = {
  suspendedAt: nullable({ ...timestamp, description: 'Since then its keys only look and its webhooks are held.' }),
  suspendedReason: nullable(Type.String()),
  leavingSince: nullable({
    ...timestamp,
    description: 'Since then it leaves: what it had is being erased (`DELETE /v1/clients/{id}`).',
  }),
} as const;
