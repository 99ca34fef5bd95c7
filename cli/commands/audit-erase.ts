import { dataOf } from '../../libs/api-client/api-client.ts';
import type { Command } from '../command.ts';
import { confirmationOptions, confirmed } from '../confirmation.ts';

export const auditErase: Command = {
  name: 'audit erase',
  summary: 'Replaces a person’s name or address in the audit log.',
  operands: '<name or address>',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    ...confirmationOptions,
    client: { takes: 'ID', text: 'only in entries about what this client has' },
    reason: { takes: 'TEXT', text: 'kept, and shown in the audit log: do not name the person' },
  },
  notes: [
    'For operators. Housekeeping replaces it within the hour, or later where the log is large; audit erasures shows what is done. What happened, when and to what stays. Entries that are made afterwards are not touched: change or revoke the keys, addresses for notices and the like that have the name first.',
  ],
  examples: ['audit erase ann@example.com --reason request-4711', 'audit erase 198.51.100.7 --client acme --yes'],
  needsApi: true,
  run: async (context) => {
    const { operands, given, settings, terminal, signal } = context;
    const [subject = ''] = operands;
    await confirmed(context, 'where the audit log has it, it is replaced.', subject);
    const [clientId, reason] = [given.text('client'), given.text('reason')];
    const body = { subject, ...(clientId !== null && { clientId }), ...(reason !== null && { reason }) };
    const erasure = await dataOf(settings.api(signal).POST('/v1/audit/erasures', { body }));
    terminal.show(erasure, () => [`${erasure.id} is noted, and is done within the hour.`]);
  },
};
