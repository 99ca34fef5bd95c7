import { dataOf } from '../../libs/api-client/api-client.ts';
import type { Command } from '../command.ts';
import { refuseUndelivered, timeoutDefaultS, timeoutRangeS, untilSettled, waitOptions } from '../wait-for-delivery.ts';
import { deliveryLines } from './deliveries-list.ts';

export const deliveriesResend: Command = {
  name: 'deliveries resend',
  summary: 'Sends deliveries again: the same id and body, signed anew.',
  operands: '<id>…',
  operandsMin: 1,
  operandsMax: 1000,
  options: waitOptions,
  notes: ['One after the other; it stops at the first that is refused.'],
  examples: ['deliveries resend f3a91c07-5d2e-8a5b-8c6d-9e0f1a2b3c4d --wait'],
  needsApi: true,
  run: async ({ operands, given, settings, terminal, signal }) => {
    const api = settings.api(signal);
    const timeoutMs = 1000 * (given.whole('timeout', timeoutRangeS) ?? timeoutDefaultS);
    const settled = [];
    for (const id of operands) {
      const params = { path: { id } };
      const before = await dataOf(api.GET('/v1/deliveries/{id}', { params }));
      const resent = await dataOf(api.POST('/v1/deliveries/{id}/resend', { params, body: {} }));
      if (!given.has('wait')) {
        terminal.show(resent, () => [`${id} is on its way again (round ${resent.round}).`]);
        continue;
      }
      const delivery = await untilSettled(api, id, before.attempts.length, { timeoutMs, signal });
      terminal.show(delivery, () => deliveryLines([delivery], terminal.width));
      settled.push(delivery);
    }
    refuseUndelivered(settled);
  },
};
