/** A webhook gets what the history has for it from a moment on, and then what comes. */
import Type from 'typebox';
import { replayPaceDefault } from '../domain/delivery/replay.ts';
import { idParams, strict, timestamp } from './fields.ts';
import { operation, type Role } from './operation.ts';
import { replaySchema } from './replays.ts';
import { inForce } from './webhooks.ts';

const owners: readonly Role[] = ['admin', 'client'];

export const rewindSchema = Type.Object(
  { ...replaySchema.properties, inForce },
  { description: 'A rewind, and from when on new events wait.' },
);

export const rewindWebhook = operation({
  id: 'rewindWebhook',
  method: 'post',
  path: '/v1/webhooks/{id}/rewind',
  tag: 'Replays',
  summary: 'Rewind a webhook',
  description:
    'It gets every event that the history has from `to` on and that it is for as it is now, by types, filter and audience: also those that it got before, and those from before it existed. They come in the order of their times, then what came meanwhile, then what comes: a new event waits until all before it are on their way. Of each event it is a new round (trigger `replay`) with the same `webhook-id`. What waits for it already goes out before. Cancelling it (`POST /v1/replays/{id}/cancel`) leaves out what is left of the history; what came meanwhile is delivered all the same. Disabling the webhook ends it.',
  roles: owners,
  needs: 'replays.write',
  isConditional: true,
  params: idParams,
  body: Type.Object(
    {
      to: { ...timestamp, description: 'Events of this time or later; a time that is over.' },
      pacePerSecond: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 1000,
          default: replayPaceDefault,
          description: 'Deliveries of the history a second at most. What came meanwhile goes out as fast as it can.',
        }),
      ),
      dryRun: Type.Optional(
        Type.Boolean({ default: false, description: 'Counts, and sends nothing. The filter is not asked.' }),
      ),
    },
    strict,
  ),
  status: 202,
  answer: rewindSchema,
  answered: 'The job; a dry run is finished already and has its `total`.',
  problems: ['not_found', 'webhook_disabled', 'webhook_unverified', 'webhook_rewinding', 'too_many_replays'],
  example: { to: '2026-03-14T00:00:00Z', dryRun: true },
});
