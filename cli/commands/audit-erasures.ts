import { dataOf } from '../../libs/api-client/api-client.ts';
import { tableLines } from '../../libs/domain/payload/printable.ts';
import type { Command } from '../command.ts';

const limitDefault = 20;
/** Of a page of the API. */
const limitMax = 250;

export const auditErasures: Command = {
  name: 'audit erasures',
  summary: 'Lists erasures in the audit log, the newest first, and whether they are done.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: { limit: { takes: 'N', text: `at most this many (${limitDefault}; at most ${limitMax})` } },
  examples: ['audit erasures', 'audit erasures --json'],
  needsApi: true,
  run: async ({ given, settings, terminal, signal }) => {
    const query = { limit: given.whole('limit', { min: 1, max: limitMax }) ?? limitDefault };
    const { data } = await dataOf(settings.api(signal).GET('/v1/audit/erasures', { params: { query } }));
    terminal.show({ data }, () =>
      data.length === 0
        ? ['There is none.']
        : tableLines(
            ['ERASURE', 'REQUESTED', 'FINISHED', 'ENTRIES', 'CLIENT', 'REASON'],
            data.map(({ id, requestedAt, finishedAt, entries, clientId, reason }) => [
              ...[id, requestedAt, finishedAt ?? '-', String(entries)],
              ...[clientId ?? '-', reason ?? '-'],
            ]),
            terminal.width,
          ),
    );
  },
};
