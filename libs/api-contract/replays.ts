/** Replays: many deliveries sent again, as a job that can be watched and stopped. */
import Type from 'typebox';
import { deliveryStatuses } from '../domain/delivery/outcome.ts';
import { replayPaceDefault } from '../domain/delivery/replay.ts';
import { optionalTraits } from './delivery-traits.ts';
import { anyId, clientId, idParams, nullable, pageOf, pageQuery, strict, timestamp } from './fields.ts';
import { operation, type Role } from './operation.ts';

const owners: readonly Role[] = ['admin', 'client'];
const tag = 'Replays';

export const replayStatuses = ['pending', 'running', 'finished', 'cancelled', 'failed'] as const;
export const rewindPhases = ['begin', 'past', 'held', 'joining', 'rest', 'last'] as const;
/** Deliveries that one names by their ids. */
export const replaySelectionMax = 1_000;

const status = Type.Enum([...deliveryStatuses]);

const filterFields = {
  webhookId: Type.Optional(anyId),
  deliveryIds: Type.Optional(
    Type.Array(anyId, {
      minItems: 1,
      maxItems: replaySelectionMax,
      uniqueItems: true,
      description:
        'These deliveries, by the ids that lists show, if they also match all other conditions. Without `status`, any status matches.',
    }),
  ),
  eventType: Type.Optional(anyId),
  from: Type.Optional({ ...timestamp, description: 'Events of this time or later.' }),
  to: Type.Optional({ ...timestamp, description: 'Events before this time; the moment of the request when left out.' }),
  ...optionalTraits,
  arrivedFrom: Type.Optional({
    ...timestamp,
    description:
      'Events that arrived at this time or later, whatever time they carry: events that came late or carry a future time are included.',
  }),
  arrivedTo: Type.Optional({ ...timestamp, description: 'Events that arrived before this time.' }),
};

const missedWhileDisabled = Type.Optional(
  Type.Boolean({
    description:
      'What did not arrive because the webhook was disabled: deliveries that ended with reason `disabled`, and events that made none. With `status: failed_permanent` also those that failed while it was active, such as those for which it was disabled; no other status goes with it.',
  }),
);

const missedSince = Type.Optional({
  ...timestamp,
  description:
    'With `missedWhileDisabled`: deliveries that ended, and events that came, at this time or later, whatever time the events themselves have.',
});

export const newReplayFilterSchema = Type.Object(
  {
    ...filterFields,
    status: Type.Optional(
      Type.Union([status, Type.Array(status, { minItems: 1, maxItems: 4, uniqueItems: true })], {
        description:
          'Where the delivery stands now: one or a list; `failed_permanent` when left out, any with `deliveryIds`.',
      }),
    ),
    missedWhileDisabled,
    missedSince,
  },
  strict,
);

export const replaySchema = Type.Object(
  {
    id: Type.String({ examples: ['rp_0199c1d2e3f48a5b8c6d9e0f1a2b3c4d'] }),
    clientId: Type.String(),
    filter: Type.Object({
      ...filterFields,
      rewindTo: Type.Optional({ ...timestamp, description: 'Of a rewind: events of this time or later.' }),
      status: Type.Optional(Type.Array(status)),
      missedWhileDisabled,
      missedSince,
    }),
    kind: Type.Enum(['replay', 'rewind'], {
      description: '`rewind`: a webhook gets the history from `filter.rewindTo` on, and then what comes.',
    }),
    phase: nullable(
      Type.Enum([...rewindPhases], {
        description:
          'Of a rewind that has not ended. `begin`: new events begin to wait. `past`: the history is sent. `held`, `rest`: what came meanwhile is sent. `joining`, `last`: new events are delivered at once again.',
      }),
    ),
    isCutShort: Type.Boolean({
      description: 'A rewind that was cancelled: of the history no more is sent, but what came meanwhile is.',
    }),
    reachesBackTo: nullable({
      ...timestamp,
      description: 'Of a rewind: what is older than this is not in the history any more. Null: it is none.',
    }),
    selected: nullable(
      Type.Integer({
        description: 'How many `deliveryIds` the filter has, which lists of replays leave out; null: it has none.',
      }),
    ),
    targetWebhookId: nullable(
      Type.String({ description: 'The webhook that gets them; null: each goes to the one whose delivery it is.' }),
    ),
    dryRun: Type.Boolean({ description: 'Counted only, nothing is sent.' }),
    status: Type.Enum([...replayStatuses]),
    pacePerSecond: Type.Integer(),
    total: nullable(
      Type.Integer({
        description:
          'Deliveries that the filter named when it was counted, at most 1,000,000; null until then, and when counting took too long.',
      }),
    ),
    done: Type.Integer({ description: 'Deliveries that are on their way again.' }),
    skipped: Type.Integer({
      description:
        'Passed over: the webhook is deleted or disabled, its filter does not want the event, or the event is not in the history.',
    }),
    leavesOut: Type.Optional(
      Type.Array(
        Type.String({ examples: ['Events that came while a webhook was disabled: missedWhileDisabled has them.'] }),
        {
          description: 'What was not delivered either and is not sent, each with why or how to get it, for people.',
        },
      ),
    ),
    error: nullable(Type.String({ description: 'Why it failed.' })),
    createdBy: Type.String({ description: 'The key that began it.' }),
    createdAt: timestamp,
    startedAt: nullable(timestamp),
    finishedAt: nullable(timestamp),
  },
  { description: 'A bulk resend.' },
);

export const createReplay = operation({
  id: 'createReplay',
  method: 'post',
  path: '/v1/replays',
  tag,
  summary: 'Send many deliveries again',
  description:
    'Each delivery in a new round of attempts (trigger `replay`) with the retries of its webhook, in the order of events. It goes on where it was after a restart, behind live traffic. `dryRun` counts and sends nothing.',
  roles: owners,
  needs: 'replays.write',
  body: Type.Object(
    {
      clientId: Type.Optional({
        ...clientId,
        description: 'Required with an admin key, unless the filter names a webhook.',
      }),
      filter: Type.Optional(newReplayFilterSchema),
      targetWebhookId: Type.Optional({
        ...anyId,
        description:
          'Another webhook of the same client, which gets the events of these deliveries as deliveries of its own, whatever its filter says. The filter names the webhook whose deliveries they are.',
      }),
      pacePerSecond: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 1000,
          default: replayPaceDefault,
          description: 'Deliveries a second at most.',
        }),
      ),
      dryRun: Type.Optional(Type.Boolean({ default: false })),
    },
    strict,
  ),
  status: 202,
  answer: replaySchema,
  answered: 'The job; a dry run is finished already and has its `total`.',
  problems: ['not_found', 'webhook_disabled', 'too_many_replays'],
  example: { clientId: 'acme', filter: { status: 'failed_permanent', from: '2026-03-14T00:00:00Z' }, dryRun: true },
});

export const listReplays = operation({
  id: 'listReplays',
  method: 'get',
  path: '/v1/replays',
  tag,
  summary: 'List replays',
  roles: owners,
  query: Type.Object(
    {
      ...pageQuery,
      status: Type.Optional(
        Type.Enum([...replayStatuses], { description: 'Replays in this state; given several times, in any of them.' }),
      ),
      clientId: Type.Optional(anyId),
      webhookId: Type.Optional({ ...anyId, description: 'Those whose filter names it.' }),
    },
    strict,
  ),
  status: 200,
  answer: pageOf(replaySchema, 'Replays, newest first.'),
  answered: 'A page of replays.',
});

export const getReplay = operation({
  id: 'getReplay',
  method: 'get',
  path: '/v1/replays/{id}',
  tag,
  summary: 'Read a replay and its progress',
  roles: owners,
  params: idParams,
  status: 200,
  answer: replaySchema,
  answered: 'The replay.',
  problems: ['not_found'],
});

export const cancelReplay = operation({
  id: 'cancelReplay',
  method: 'post',
  path: '/v1/replays/{id}/cancel',
  tag,
  summary: 'Stop a replay',
  description:
    'What was sent stays sent. Cancelling it again changes nothing. A rewind goes on with what came meanwhile, and is `cancelled` once that is sent (`isCutShort`); with that before it there is nothing left to cancel.',
  roles: owners,
  needs: 'replays.write',
  params: idParams,
  status: 200,
  answer: replaySchema,
  answered: 'The replay, cancelled.',
  problems: ['not_found', 'replay_ended'],
  example: {},
});
