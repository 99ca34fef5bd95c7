/**
 * Odd but valid events through the whole handler: masks, schemas, filters and every format at once. `internal_error` is
 * a defect, so it never comes. `npm run fuzz:documents` looks at 100,000; the suite at fewer.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import { webhookDefinition } from '../../test/support/webhook-definition.ts';
import { Catalogue } from './catalogue.ts';
import { EventHandler } from './event-handler.ts';

const documents = Number(process.env['ODD_DOCUMENTS'] ?? 500);
/** For each, on a busy machine. */
const documentMsMax = 20;
const topics = { events: 'events', deliveries: 'deliveries', rejected: 'rejected', notices: 'notices' };
const formats = ['json', 'cloudevents', 'form', 'xml'] as const;

/** Few names, so that paths, filters and documents meet; some are odd to a language or to a format. */
const name = fc.constantFrom(
  ...['a', 'b', 'data', 'password', 'rawJSON', '__proto__', 'constructor', 'toString', 'length', '0', '1', '-', ''],
  ...['a.b', 'a][b', '[', '*', '$gt', 'xml', 'n:s', '\u0000', '\ud800', 'é', ' ', '"', '<', 'x'.repeat(300)],
);
const number = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '-0.0',
    '1e400',
    '-1E-400',
    '1.50',
    '1e5',
    '12345678901234567890',
    '0.1234567890123456789',
  ),
  fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
  fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.nat(999)).map(([whole, power]) => `${whole}.5e-${power}`),
);
const text = fc
  .oneof(name, fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('\\', '\u2028', '\udfff\ud800', ']]>'))
  .map((value) => JSON.stringify(value));
const scalar = fc.oneof(number, text, fc.constantFrom('true', 'false', 'null'));

/** JSON as text: names may come twice, and numbers are written as no serialiser would. */
const json = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 5 })
      .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(' ,')}}`),
  ),
})).value;

const path = fc.array(fc.oneof(name, fc.constant('*')), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'));
const operand = fc.oneof(fc.constantFrom(0, 1e21, -1, true, null), name);
const condition = fc.oneof(
  operand,
  fc.tuple(fc.constantFrom('$eq', '$ne', '$gt', '$lte', '$prefix'), operand).map(([key, value]) => ({ [key]: value })),
  fc.boolean().map((exists) => ({ $exists: exists })),
  fc.array(operand, { minLength: 1, maxLength: 3 }).map((values) => ({ $nin: values })),
);
const filter = fc
  .array(fc.tuple(path, condition), { maxLength: 4 })
  .map((fields) => JSON.stringify(Object.fromEntries(fields.map(([at, held]) => [`data.${at}`, held]))));
/** Seldom, since compiling one takes longer than a hundred documents; the more there are, the seldomer it may be. */
const withoutSchema = documents > 2_000 ? 400 : 20;
const schema = fc.constantFrom(
  ...Array.from({ length: withoutSchema }, () => null),
  '{"uniqueItems":true,"items":{"uniqueItems":true}}',
  '{"type":"object","additionalProperties":{"enum":[1,"a",null]}}',
  '{"patternProperties":{"^a":{"pattern":"^(a|b)*$"}},"unevaluatedProperties":false}',
  '{"$ref":"#/$defs/n","$defs":{"n":{"anyOf":[{"type":"number","multipleOf":0.1},{"items":{"$ref":"#/$defs/n"}}]}}}',
);

const world = fc.record({
  data: json,
  sensitive: fc.array(
    name.filter((one) => one !== ''),
    { maxLength: 2 },
  ),
  sensitivePaths: fc.array(path, { maxLength: 3 }),
  filters: fc.array(filter, { maxLength: 3 }),
  jsonSchema: schema,
  schemaMode: fc.constantFrom('warn' as const, 'enforce' as const),
});

test(
  'no valid event is rejected for a defect, whatever it holds and whoever looks at it',
  () => {
    fc.assert(
      fc.property(world, ({ data, sensitive, sensitivePaths, filters, jsonSchema, schemaMode }) => {
        const catalogue = new Catalogue(['password', ...sensitive]);
        const kind = {
          description: null,
          audience: 'client',
          example: null,
          deprecated: false,
          visibleTo: null,
        } as const;
        catalogue.apply({ ...kind, type: 't', jsonSchema, schemaMode, sensitivePaths, version: 1, updatedAt: 0 });
        const table = new SubscriptionTable();
        for (const format of formats) {
          table.apply(webhookDefinition(`w-${format}`, { format, eventTypes: ['t'] }));
          filters.forEach((one, index) => {
            table.apply(webhookDefinition(`w-${format}-${index}`, { format, eventTypes: ['t'], filter: one }));
          });
        }
        const bodies: string[] = [];
        const handler = new EventHandler({
          table,
          catalogue,
          encodeEvent: ({ data: kept }) => Buffer.from(kept),
          encodeDelivery: ({ webhookId, body }) => {
            if (/json|cloudevents/.test(webhookId)) bodies.push(body.toString());
            return body;
          },
          topics,
          payloadBytesMax: 1_000_000,
          unknownEventTypes: 'accept',
          historyMs: 86_400_000,
          now: () => 0,
        });
        const value = Buffer.from(`{"id":"e","type":"t","clientid":"acme","data":${data}}`);
        const at = { topic: 'platform.events', partition: 0, offset: 0, timestampMs: 0, key: null };
        const { rejection, defect } = handler.handle({ ...at, value, headers: {} }, null);
        expect(defect).toBeNull();
        expect([null, 'schema_violation']).toContain(rejection?.reason ?? null);
        for (const body of bodies) expect(() => JSON.parse(body) as unknown).not.toThrow();
      }),
      { numRuns: documents },
    );
  },
  60_000 + documents * documentMsMax,
);
