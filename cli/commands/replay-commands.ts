import { apiCall } from '../api-call.ts';
import type { Command } from '../command.ts';
import { timeOption } from '../time-option.ts';
import { bodyOptions, requestBody } from '../request-body.ts';
import { changeCommand, listCommand, objectLines, showCommand } from '../resource-commands.ts';

const path = '/v1/replays/{id}';

/** What it names of the filter. */
const create: Command = {
  name: 'replays create',
  summary: 'Sends many deliveries again, as a job that can be watched and stopped.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    client: { takes: 'ID', text: 'of this client' },
    webhook: { takes: 'ID', text: 'of this webhook' },
    'event-type': { takes: 'TYPE', text: 'of this type' },
    status: { takes: 'STATUSES', text: 'current statuses, separated by commas' },
    missed: {
      takes: null,
      text: 'what was missed because the webhook was disabled; with --status failed_permanent what failed before, too',
    },
    from: { takes: 'TIME', text: 'of events from this time on: RFC 3339, or 15m, 2h, 7d ago' },
    to: { takes: 'TIME', text: 'of events before this time' },
    'dry-run': { takes: null, text: 'counts them, and sends nothing' },
    ...bodyOptions,
  },
  examples: [
    'replays create --webhook wh_… --missed --status failed_permanent',
    'replays create --webhook wh_… --missed',
    'replays create --client acme --from 24h --dry-run',
  ],
  notes: ['`replays show` shows its progress.'],
  needsApi: true,
  run: async (context) => {
    const { given, settings, terminal, signal } = context;
    const body = await requestBody(context, {});
    const now = Date.now();
    const time = (name: string) => {
      const text = given.text(name);
      return text === null ? undefined : timeOption(name, text, now);
    };
    const named = {
      webhookId: given.text('webhook') ?? undefined,
      eventType: given.text('event-type') ?? undefined,
      status: given.text('status')?.split(','),
      missedWhileDisabled: given.has('missed') || undefined,
      from: time('from'),
      to: time('to'),
    };
    const filter = { ...('filter' in body ? (body.filter as object) : {}), ...withoutUndefined(named) };
    const clientId = given.text('client');
    const wanted = {
      ...body,
      ...(Object.keys(filter).length > 0 && { filter }),
      ...(clientId !== null && { clientId }),
      ...(given.has('dry-run') && { dryRun: true }),
    };
    const call = { method: 'post', path: '/v1/replays', params: {}, body: wanted } as const;
    const replay = (await apiCall(settings.api(signal), call)) as Readonly<Record<string, unknown>>;
    terminal.show(replay, () => objectLines(replay));
  },
};

function withoutUndefined(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

export const replayCommands: readonly Command[] = [
  listCommand({
    name: 'replays list',
    summary: 'Lists replays, newest first.',
    path: '/v1/replays',
    filters: {
      client: { query: 'clientId', takes: 'ID', text: 'of this client' },
      webhook: { query: 'webhookId', takes: 'ID', text: 'whose filter names this webhook' },
      status: { query: 'status', takes: 'STATUS', text: 'pending, running, finished, cancelled, failed' },
    },
    columns: [
      ['REPLAY', 'id'],
      ['CLIENT', 'clientId'],
      ['KIND', 'kind'],
      ['DRY RUN', 'dryRun'],
      ['STATUS', 'status'],
      ['DONE', 'done'],
      ['TOTAL', 'total'],
      ['CREATED', 'createdAt'],
    ],
    examples: ['replays list --status running'],
  }),
  showCommand({
    name: 'replays show',
    summary: 'Shows a replay and its progress.',
    path,
    examples: ['replays show rp_…'],
  }),
  create,
  changeCommand({
    name: 'replays cancel',
    summary: 'Stops a replay; deliveries that were already sent again stay so.',
    method: 'post',
    path: `${path}/cancel`,
    fields: null,
    examples: ['replays cancel rp_…'],
  }),
];
