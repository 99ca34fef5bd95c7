/** A client that is suspended, and comes back. */
import Type from 'typebox';
import { clientSchema } from './clients.ts';
import { idParams, lineOf, strict } from './fields.ts';
import { operation } from './operation.ts';

const tag = 'Clients';

export const suspendClient = operation({
  id: 'suspendClient',
  method: 'post',
  path: '/v1/clients/{id}/suspend',
  tag,
  summary: 'Suspend a client',
  description:
    'Its keys and portal sessions only look, and its active webhooks are held, a hundred at a time: deliveries wait in order, nothing fails, and events for it are taken as ever. What waits is kept for as long as a pause may last (`holdsUntil` of each webhook); a webhook that is held for longer is disabled with the reason `client suspended`, and what it misses is one replay away. Suspended twice it stays as it is.',
  roles: ['admin'],
  needs: 'settings.write',
  isVersioned: true,
  params: idParams,
  body: Type.Object(
    { reason: Type.Optional(lineOf(200, 'For people; shown with the client.', { examples: ['unpaid'] })) },
    strict,
  ),
  isBodyRequired: false,
  status: 200,
  answer: clientSchema,
  answered: 'The client as it is now.',
  problems: ['not_found'],
  example: { reason: 'unpaid' },
});

export const reactivateClient = operation({
  id: 'reactivateClient',
  method: 'post',
  path: '/v1/clients/{id}/reactivate',
  tag,
  summary: 'End the suspension of a client',
  description:
    'What its keys could do they can again. Its webhooks go back to what they were: pauses of its own go on to their end, what waited goes out at a growing pace, and those that were disabled because it took so long are enabled.',
  roles: ['admin'],
  needs: 'settings.write',
  isVersioned: true,
  params: idParams,
  status: 200,
  answer: clientSchema,
  answered: 'The client as it is now.',
  problems: ['not_found'],
});
