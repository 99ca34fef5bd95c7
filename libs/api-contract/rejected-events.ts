/** Records that were no events: what they were, why they were set aside, and sending them again. */
import Type from 'typebox';
import { rejectedValueStates } from '../domain/event/rejected-event.ts';
import { rejectionReasons, type RejectionReason } from '../domain/event/rejection.ts';
import { lineOf, nullable, pageQuery, searchedPageOf, severalOf, strict, timestamp } from './fields.ts';
import { operation, type Role } from './operation.ts';

const operators: readonly Role[] = ['admin'];
const tag = 'Rejected events';
const reasons = Object.keys(rejectionReasons) as RejectionReason[];
const redriveStates = ['none', 'waiting', 'sent', 'failed'] as const;
export const redrivePaceDefault = 20;
/** Items on a page: each may have 16 KiB of a value. */
const pageMax = 50;

const id = Type.String({ pattern: '^re_[0-9a-f]{32}$', examples: ['re_0199c1d2e3f48a5b8c6d9e0f1a2b3c4d'] });

export const rejectedEventSchema = Type.Object(
  {
    id,
    rejectedAt: timestamp,
    reason: Type.String({ examples: ['missing_type'] }),
    detail: Type.String({
      description: 'For people; names places, never values.',
      examples: ['The event has no type'],
    }),
    at: Type.String({ description: 'Partition and offset on `platform.events.rejected`.', examples: ['3@1041'] }),
    source: nullable(
      Type.Object(
        {
          topic: Type.String(),
          partition: nullable(Type.Integer()),
          offset: nullable(Type.Integer()),
          time: nullable({ ...timestamp, description: 'Of the record there.' }),
        },
        { description: 'Where it came from; null: its headers do not say.' },
      ),
    ),
    key: nullable(Type.String({ description: 'Text, or base64 where it is none; the first 256 bytes.' })),
    value: nullable(
      Type.String({
        description: 'JSON, up to 16 KiB of it, values of SENSITIVE_FIELDS replaced. Null: `valueState` says why.',
      }),
    ),
    valueState: Type.Enum([...rejectedValueStates], {
      description:
        '`cut`: the beginning. `binary`: no text, `unreadable`: no JSON, so nothing in it could be masked and none of it is kept. `left_out`: too many came in that minute. `none`: it had no value. `erased`: its client has left. Kafka has the bytes at `at` as long as it keeps them.',
    }),
    valueBytes: Type.Integer({ description: 'Of the value as it came.' }),
    isPayloadHidden: Type.Boolean({ description: 'Key and value are null because the caller lacks `payloads.read`.' }),
    redrive: Type.Object({
      state: Type.Enum([...redriveStates], { description: '`failed`: `problem` says why.' }),
      dueAt: nullable({ ...timestamp, description: 'When it is to be sent; null: it is not.' }),
      sentAt: nullable(timestamp),
      problem: nullable(Type.String()),
      before: Type.Integer({ description: 'How often it had been sent again before this rejection.' }),
      refusal: nullable(Type.String({ description: 'Why it is not to be sent again; null: it may be.' })),
    }),
  },
  { description: 'A record that was set aside on `platform.events.rejected`.' },
);

const filterFields = {
  reason: Type.Optional(severalOf(Type.Enum(reasons), reasons.length, 'Why: any of these.')),
  sourceTopic: Type.Optional(lineOf(255, 'The topic that they came from, as it is called on the cluster.')),
  from: Type.Optional({ ...timestamp, description: 'Rejected at this time or later.' }),
  to: Type.Optional({ ...timestamp, description: 'Rejected before this time.' }),
};

export const listRejectedEvents = operation({
  id: 'listRejectedEvents',
  method: 'get',
  path: '/v1/rejected-events',
  tag,
  summary: 'List rejected events',
  description:
    'Records that cannot be read, are too large or have no audience, with the reason. They appear shortly after they were rejected, for as long as history is kept, and at most a million.',
  roles: operators,
  query: Type.Object(
    {
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: pageMax, default: pageMax, description: 'Items on a page.' }),
      ),
      cursor: pageQuery.cursor,
      ...filterFields,
      redrive: Type.Optional(
        severalOf(Type.Enum([...redriveStates]), redriveStates.length, 'Whether they were sent again.'),
      ),
    },
    strict,
  ),
  status: 200,
  answer: searchedPageOf(rejectedEventSchema, 'Rejected events, newest first.'),
  answered: 'A page of rejected events.',
});

export const redriveRejectedEvents = operation({
  id: 'redriveRejectedEvents',
  method: 'post',
  path: '/v1/rejected-events/redrive',
  tag,
  summary: 'Send rejected events again',
  description:
    'To fan-out, after a mapping, a schema or a catalogue was mended: to `platform.events`, as they came, with headers that say where they were, so that they become the events that they would have become there. One that is rejected again has `redrive.before`. A filter means those that were not sent again yet, the oldest 10,000; `hasMore` says that there are more. What fan-out would say now is not asked: the command line does that (`rejected redrive --dry-run`).',
  roles: operators,
  needs: 'replays.write',
  body: Type.Object(
    {
      ids: Type.Optional(
        Type.Array(id, {
          minItems: 1,
          maxItems: 1000,
          uniqueItems: true,
          description: 'These, whether sent before or not.',
        }),
      ),
      filter: Type.Optional(Type.Object(filterFields, { ...strict, description: 'In place of `ids`.' })),
      pacePerSecond: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100,
          default: redrivePaceDefault,
          description: 'Events a second at most.',
        }),
      ),
      dryRun: Type.Optional(Type.Boolean({ default: false, description: 'Counts, and sends nothing.' })),
    },
    strict,
  ),
  status: 202,
  answer: Type.Object({
    dryRun: Type.Boolean(),
    matched: Type.Integer(),
    refused: Type.Integer({ description: 'Of those, not to be sent again: `redrive.refusal` of each says why.' }),
    toBeSent: Type.Integer(),
    hasMore: Type.Boolean({ description: 'More fit than one request takes.' }),
  }),
  answered: 'They are being sent; `redrive` of each shows its progress.',
  example: { filter: { reason: ['mapping_failed'], from: '2026-03-14T00:00:00Z' }, dryRun: true },
});
