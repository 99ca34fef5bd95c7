import type { Command } from '../command.ts';
import { changeCommand, listCommand, showCommand } from '../resource-commands.ts';

const keys = '/v1/clients/{id}/api-keys';

export const clientCommands: readonly Command[] = [
  listCommand({
    name: 'clients list',
    summary: 'Lists clients.',
    path: '/v1/clients',
    filters: {},
    columns: [
      ['CLIENT', 'id'],
      ['NAME', 'name'],
      ['CREATED', 'createdAt'],
      ['NOTICES TO', 'noticeEmails'],
    ],
    examples: ['clients list'],
  }),
  showCommand({
    name: 'clients show',
    summary: 'Shows a client.',
    path: '/v1/clients/{id}',
    examples: ['clients show acme'],
  }),
  changeCommand({
    name: 'clients create',
    summary: 'Creates a client.',
    method: 'post',
    path: '/v1/clients',
    fields: {
      id: { field: 'id', takes: 'ID', text: 'what events name in clientid; made up when left out' },
      name: { field: 'name', takes: 'TEXT', text: 'for people' },
    },
    examples: ['clients create --id acme --name Acme'],
  }),
  changeCommand({
    name: 'clients change',
    summary: 'Changes a client; other fields stay.',
    method: 'patch',
    path: '/v1/clients/{id}',
    fields: {
      name: { field: 'name', takes: 'TEXT', text: 'for people' },
      'notice-emails': {
        field: 'noticeEmails',
        as: 'list',
        takes: 'MAILS',
        text: 'addresses with commas between them',
      },
    },
    examples: ['clients change acme --notice-emails ops@example.com'],
  }),
  changeCommand({
    name: 'clients suspend',
    summary: 'Suspends a client: its keys only look, its webhooks are held.',
    method: 'post',
    path: '/v1/clients/{id}/suspend',
    fields: { reason: { field: 'reason', takes: 'TEXT', text: 'for people; shown with the client' } },
    examples: ['clients suspend acme --reason unpaid'],
  }),
  changeCommand({
    name: 'clients reactivate',
    summary: 'Ends the suspension of a client: what waited goes out at a growing pace.',
    method: 'post',
    path: '/v1/clients/{id}/reactivate',
    fields: null,
    examples: ['clients reactivate acme'],
  }),
  changeCommand({
    name: 'clients leave',
    summary: 'Lets a client leave: its webhooks end, its keys die, what it had is erased, for good.',
    method: 'delete',
    path: '/v1/clients/{id}',
    fields: null,
    warning: 'its keys are refused at once, its webhooks end, and what it had is erased.',
    examples: ['clients leave acme', 'clients leave acme --yes'],
    notes: ['clients leaving shows how far that is, and until when Kafka has something of it.'],
  }),
  showCommand({
    name: 'clients leaving',
    summary: 'Shows how far it is that a client leaves.',
    path: '/v1/clients/{id}/leaving',
    examples: ['clients leaving acme --json'],
  }),
  listCommand({
    name: 'keys list',
    summary: 'Lists active API keys: those of a client with --client, otherwise those that belong to no client.',
    path: '/v1/api-keys',
    within: { option: 'client', path: keys },
    filters: {},
    columns: [
      ['KEY', 'id'],
      ['NAME', 'name'],
      ['ROLE', 'role'],
      ['BEGINS', 'prefix'],
      ['LAST USED', 'lastUsedAt'],
      ['EXPIRES', 'expiresAt'],
    ],
    examples: ['keys list --client acme'],
  }),
  changeCommand({
    name: 'keys create',
    summary: 'Creates an API key, of a client with --client, and shows it once.',
    method: 'post',
    path: '/v1/api-keys',
    within: { option: 'client', path: keys },
    fields: {
      name: { field: 'name', takes: 'TEXT', text: 'for people' },
      role: { field: 'role', takes: 'ROLE', text: 'client, viewer or publisher; of no client: admin or publisher' },
      expires: { field: 'expiresAt', takes: 'TIME', text: 'RFC 3339; from then on it is refused' },
    },
    examples: ['keys create --client acme --name ci --role viewer', 'keys create --name billing --role publisher'],
  }),
  changeCommand({
    name: 'keys revoke',
    summary: 'Revokes an API key: the next request with it is refused.',
    method: 'delete',
    path: '/v1/api-keys/{keyId}',
    within: { option: 'client', path: `${keys}/{keyId}` },
    fields: null,
    done: 'It is revoked.',
    examples: ['keys revoke key_… --client acme'],
  }),
];
