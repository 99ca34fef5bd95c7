import type { Command } from '../command.ts';
import { changeCommand, listCommand, showCommand } from '../resource-commands.ts';

const path = '/v1/webhooks/{id}';

const fields = {
  url: { field: 'url', takes: 'URL', text: 'URL that events are posted to' },
  events: { field: 'eventTypes', as: 'list', takes: 'TYPES', text: 'types with commas between them, such as order.*' },
  description: { field: 'description', takes: 'TEXT', text: 'for people' },
  ordering: { field: 'ordering', takes: 'ORDER', text: 'inOrder, parallel or strict' },
  'external-id': { field: 'externalId', takes: 'ID', text: 'its id in your own system' },
} as const;

export const webhookCommands: readonly Command[] = [
  listCommand({
    name: 'webhooks list',
    summary: 'Lists webhooks, newest first, or those that fail most.',
    path: '/v1/webhooks',
    query: { include: 'health' },
    filters: {
      worst: {
        query: 'sort',
        as: 'flag',
        value: 'worst',
        takes: null,
        text: 'those with the most failures in a row first',
      },
      client: { query: 'clientId', takes: 'ID', text: 'of this client' },
      state: {
        query: 'state',
        as: 'list',
        takes: 'STATES',
        text: 'healthy, failing, disabled, recovering, paused, unverified',
      },
      'event-type': { query: 'eventType', takes: 'TYPE', text: 'that get events of this type' },
      label: { query: 'label', isList: true, takes: 'NAME:VALUE', text: 'with this label' },
      q: { query: 'q', takes: 'TEXT', text: 'with this in URL, description or external id, or masked so in metrics' },
    },
    columns: [
      ['WEBHOOK', 'id'],
      ['CLIENT', 'clientId'],
      ['STATE', 'health.state'],
      ['FAILURES', 'health.consecutiveFailures'],
      ['WAITING', 'health.waiting.count'],
      ['EVENT TYPES', 'eventTypes'],
      ['URL', 'url'],
    ],
    examples: ['webhooks list --worst', 'webhooks list --client acme --state failing,disabled --json'],
  }),
  showCommand({
    name: 'webhooks show',
    summary: 'Shows a webhook with its settings.',
    path,
    filters: { health: { query: 'include', as: 'flag', value: 'health', takes: null, text: 'with how it is doing' } },
    examples: ['webhooks show wh_…', 'webhooks show wh_… --health --json'],
  }),
  changeCommand({
    name: 'webhooks create',
    summary: 'Creates a webhook, and shows its secret once.',
    method: 'post',
    path: '/v1/webhooks',
    fields: {
      client: {
        field: 'clientId',
        takes: 'ID',
        text: 'the client it belongs to; with the key of a client, that client',
      },
      ...fields,
      'start-from': {
        takes: 'TIME',
        text: 'sends what the history has from then on first: RFC 3339, or 15m, 2h, 7d ago',
        field: 'startFrom',
        as: 'ago',
      },
    },
    examples: [
      "webhooks create --client acme --url https://example.com/hooks --events 'order.*,parcel.sent'",
      'webhooks create --client acme --url https://example.com/hooks --events order.created --start-from 2d',
    ],
  }),
  changeCommand({
    name: 'webhooks change',
    summary: 'Changes settings of a webhook; other settings stay.',
    method: 'patch',
    path,
    fields,
    examples: [
      'webhooks change wh_… --data \'{"rateLimitPerSecond":20}\'',
      'webhooks change wh_… --events order.created',
    ],
  }),
  changeCommand({
    name: 'webhooks delete',
    summary: 'Deletes a webhook; its history stays.',
    method: 'delete',
    path,
    fields: null,
    done: 'It is deleted.',
    examples: ['webhooks delete wh_…'],
  }),
  changeCommand({
    name: 'webhooks enable',
    summary: 'Enables a webhook.',
    method: 'post',
    path: `${path}/enable`,
    fields: null,
    examples: ['webhooks enable wh_…'],
  }),
  changeCommand({
    name: 'webhooks disable',
    summary: 'Disables a webhook; waiting deliveries are not sent.',
    method: 'post',
    path: `${path}/disable`,
    fields: null,
    examples: ['webhooks disable wh_…'],
  }),
  changeCommand({
    name: 'webhooks pause',
    summary: 'Pauses a webhook: its deliveries wait, and nothing is lost.',
    method: 'post',
    path: `${path}/pause`,
    fields: {
      until: {
        takes: 'TIME',
        text: 'ends then by itself (a time, or 30m, 2h, 1d from now)',
        field: 'until',
        as: 'ahead',
      },
    },
    examples: ['webhooks pause wh_… --until 2h'],
  }),
  changeCommand({
    name: 'webhooks resume',
    summary: 'Resumes a paused webhook; waiting deliveries go out in order, at a growing pace.',
    method: 'post',
    path: `${path}/resume`,
    fields: null,
    examples: ['webhooks resume wh_…'],
  }),
  changeCommand({
    name: 'webhooks verify',
    summary: 'Asks the endpoint of a webhook whether it wants deliveries, and shows what is missing.',
    method: 'post',
    path: `${path}/verification`,
    fields: null,
    failure: ({ isProven }) => (isProven === false ? 'Not verified: `problem` says what is missing.' : null),
    examples: ['webhooks verify wh_…'],
  }),
  changeCommand({
    name: 'webhooks rewind',
    summary: 'Sends a webhook what the history has from a time on, and then what comes.',
    method: 'post',
    path: `${path}/rewind`,
    fields: {
      to: { takes: 'TIME', text: 'from then on: RFC 3339, or 15m, 2h, 7d ago', field: 'to', as: 'ago' },
      pace: {
        takes: 'NUMBER',
        text: 'deliveries of the history a second at most',
        field: 'pacePerSecond',
        as: 'number',
      },
      'dry-run': { takes: null, text: 'counts them, and sends nothing', field: 'dryRun', as: 'flag' },
    },
    examples: ['webhooks rewind wh_… --to 2d --dry-run', 'webhooks rewind wh_… --to 2026-03-14T00:00:00Z'],
  }),
  changeCommand({
    name: 'webhooks ping',
    summary: 'Pings a webhook now, and shows the result.',
    method: 'post',
    path: `${path}/health-checks`,
    fields: null,
    failure: ({ outcome = 'delivered' }) => (outcome === 'delivered' ? null : 'The ping was not delivered.'),
    examples: ['webhooks ping wh_…'],
  }),
  changeCommand({
    name: 'webhooks rotate-secret',
    summary: 'Gives a webhook a new secret; the previous one also signs for a while.',
    method: 'post',
    path: `${path}/secret/rotate`,
    fields: {},
    examples: ['webhooks rotate-secret wh_… --data \'{"overlapHours":48}\''],
  }),
  showCommand({
    name: 'health',
    summary: 'Shows the health of a webhook: failures, waiting deliveries, and what holds them.',
    path: `${path}/health`,
    examples: ['health wh_…'],
  }),
];
