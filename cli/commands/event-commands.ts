import type { Command } from '../command.ts';
import { changeCommand, listCommand, showCommand } from '../resource-commands.ts';

const typePath = '/v1/event-types/{type}';
const from = {
  query: 'from',
  as: 'time',
  takes: 'TIME',
  text: 'from this time on: RFC 3339, or 15m, 2h, 7d ago',
} as const;
const to = { query: 'to', as: 'time', takes: 'TIME', text: 'before this time' } as const;
const client = { query: 'clientId', takes: 'ID', text: 'of this client' } as const;

const typeFields = {
  description: { field: 'description', takes: 'TEXT', text: 'for people' },
  audience: { field: 'audience', takes: 'WHOM', text: 'client or broadcast' },
  'schema-mode': { field: 'schemaMode', takes: 'MODE', text: 'off, warn or enforce' },
  'visible-to': { field: 'visibleTo', as: 'list', takes: 'CLIENTS', text: 'in the catalogue of these clients alone' },
  deprecated: { field: 'deprecated', as: 'flag', takes: null, text: 'marks it as deprecated' },
} as const;

export const eventCommands: readonly Command[] = [
  listCommand({
    name: 'events list',
    summary: 'Lists events, newest first.',
    path: '/v1/events',
    filters: {
      client,
      type: { query: 'type', takes: 'TYPE', text: 'of this type' },
      source: { query: 'source', takes: 'URI', text: 'only from this source' },
      decision: { query: 'decision', as: 'list', takes: 'DECISIONS', text: 'matched, filtered, disabled, held, copy' },
      ...{ from, to },
    },
    columns: [
      ['EVENT', 'id'],
      ['TYPE', 'type'],
      ['CLIENT', 'clientId'],
      ['TIME', 'time'],
      ['SOURCE', 'source'],
    ],
    examples: ['events list --client acme --from 1h', 'events list --decision filtered --json'],
  }),
  showCommand({
    name: 'events show',
    summary: 'Shows an event with what was decided for each webhook.',
    path: '/v1/events/{id}',
    filters: { client },
    examples: ['events show evt-1'],
    notes: ['`why` says the same in words, and what became of each delivery.'],
  }),
  changeCommand({
    name: 'events erase',
    summary: 'Erases the data of an event from the history, for good.',
    method: 'delete',
    path: '/v1/events/{id}',
    filters: { client, source: { query: 'source', takes: 'URI', text: 'of several with this id, the one from there' } },
    fields: null,
    warning: 'its data, the payloads of its deliveries and the answers to them are erased.',
    examples: ['events erase evt-1', 'events erase evt-1 --client acme --source /orders --yes --json'],
    notes: [
      'Ids, times, decisions and outcomes stay. What is under way to endpoints goes on, and Kafka keeps its records until the times that the answer names.',
    ],
  }),
  listCommand({
    name: 'event-types list',
    summary: 'Lists the catalogue of event types.',
    path: '/v1/event-types',
    filters: {},
    columns: [
      ['TYPE', 'type'],
      ['AUDIENCE', 'audience'],
      ['SCHEMA', 'schemaMode'],
      ['DEPRECATED', 'deprecated'],
      ['DESCRIPTION', 'description'],
    ],
    examples: ['event-types list'],
  }),
  showCommand({
    name: 'event-types show',
    summary: 'Shows an event type with its schema.',
    path: typePath,
    examples: ['event-types show order.created --json'],
  }),
  changeCommand({
    name: 'event-types put',
    summary: 'Creates an event type, or replaces the one of this name as a whole.',
    method: 'put',
    path: typePath,
    fields: typeFields,
    notes: [
      'What is not given takes its default, but visibleTo, which stays. `event-types change` leaves the others as they are.',
    ],
    examples: ['event-types put order.created --file order-created.json', 'event-types put news --audience broadcast'],
  }),
  changeCommand({
    name: 'event-types change',
    summary: 'Changes fields of an event type; other fields stay.',
    method: 'patch',
    path: typePath,
    filters: { force: { query: 'force', as: 'flag', takes: null, text: 'takes an incompatible schema all the same' } },
    fields: typeFields,
    examples: [
      'event-types change order.created --deprecated',
      'event-types change order.created --data \'{"deprecated":false,"visibleTo":null}\'',
    ],
  }),
  changeCommand({
    name: 'event-types delete',
    summary: 'Deletes an event type from the catalogue.',
    method: 'delete',
    path: typePath,
    fields: null,
    done: 'It is deleted.',
    examples: ['event-types delete order.created'],
  }),
  showCommand({
    name: 'stats',
    summary: 'Shows how many attempts there were, and how many of them were delivered.',
    path: '/v1/stats',
    filters: {
      ...{ client, from, to },
      bucket: { query: 'bucket', takes: 'WIDTH', text: 'width of a bucket, such as 1m, 1h, 1d' },
      webhook: { query: 'webhookId', isList: true, takes: 'ID', text: 'of this webhook' },
    },
    examples: ['stats --from 24h', 'stats --webhook wh_… --bucket 1d --from 7d --json'],
  }),
];
