/** Asks the endpoint of a webhook whether it wants deliveries. */
import Type from 'typebox';
import { idParams, nullable, timestamp } from './fields.ts';
import { operation } from './operation.ts';

export const verifyWebhook = operation({
  id: 'verifyWebhook',
  method: 'post',
  path: '/v1/webhooks/{id}/verification',
  tag: 'Webhook health and tests',
  summary: 'Ask an endpoint whether it wants deliveries',
  description:
    'Asks once and waits for the answer. `challenge`: a signed POST whose `challenge` has to come back. `cloudevents`: OPTIONS with `WebHook-Request-Origin`, which `WebHook-Allowed-Origin` has to allow. A webhook that waits for this is enabled within seconds of the proof; what it missed until then is one replay away (`missedWhileDisabled`). One that is sent to already stays so, whatever comes of it.',
  roles: ['admin', 'client'],
  needs: 'tests.send',
  params: idParams,
  status: 200,
  answer: Type.Object({
    isProven: Type.Boolean(),
    method: Type.Enum(['challenge', 'cloudevents']),
    problem: nullable(
      Type.String({
        description: 'What is missing, in words; null when it is proven.',
        examples: ['its answer to OPTIONS has no WebHook-Allowed-Origin'],
      }),
    ),
    responseCode: nullable(Type.Integer()),
    latencyMs: nullable(Type.Integer()),
    checkedAt: timestamp,
  }),
  answered: 'What came of it.',
  problems: ['not_found', 'verification_off', 'health_check_timeout', 'kafka_unavailable', 'overloaded'],
  example: {},
});
