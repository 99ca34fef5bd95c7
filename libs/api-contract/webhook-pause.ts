/** A webhook that is paused for a while: nothing is sent, and nothing is lost. */
import Type from 'typebox';
import { idParams, nullable, strict, timestamp } from './fields.ts';
import { operation, type Role } from './operation.ts';
import { changedWebhookSchema } from './webhooks.ts';

const owners: readonly Role[] = ['admin', 'client'];
const tag = 'Webhooks';

export const pauseWebhook = operation({
  id: 'pauseWebhook',
  method: 'post',
  path: '/v1/webhooks/{id}/pause',
  tag,
  summary: 'Pause a webhook',
  description:
    'Nothing is sent to it until `until`, or until it is resumed. New deliveries, retries, resends and replays wait in order; none fails meanwhile, and none grows older. It may last until `holdsUntil` at most, which is when a pause without `until` ends. Attempts under way finish; pings and test events are still sent. If it is already paused, the pause gets another end. Disabling ends a pause, and what waits.',
  roles: owners,
  needs: 'webhooks.write',
  isConditional: true,
  isVersioned: true,
  params: idParams,
  body: Type.Object(
    {
      until: Type.Optional(
        nullable({ ...timestamp, description: 'When sending goes on by itself; left out or null: at `holdsUntil`.' }),
      ),
    },
    strict,
  ),
  isBodyRequired: false,
  status: 200,
  answer: changedWebhookSchema,
  answered: 'The webhook, paused.',
  problems: ['not_found', 'webhook_disabled', 'client_suspended'],
  example: {},
});

export const resumeWebhook = operation({
  id: 'resumeWebhook',
  method: 'post',
  path: '/v1/webhooks/{id}/resume',
  tag,
  summary: 'Resume a paused webhook',
  description:
    'Waiting deliveries go out in order, at a pace that grows from one POST a second to 200 in as long as the pause was, ten minutes at most, and then without such a limit. Does nothing to a webhook that is not paused.',
  roles: owners,
  needs: 'webhooks.write',
  isConditional: true,
  isVersioned: true,
  params: idParams,
  status: 200,
  answer: changedWebhookSchema,
  answered: 'The resumed webhook.',
  problems: ['not_found', 'client_suspended'],
});
