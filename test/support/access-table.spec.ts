/** docs/operations.md says what each app must be allowed: what `acls` prints, which is what the apps need. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { accessRoles, grantsOf, type AccessRole } from '../../libs/wire/access.ts';
import { repositoryRoot } from './source-tree.ts';

const platformTopics = 'PLATFORM_TOPICS';

/** The topics or groups of a cell; `.events` is short for `webhook.events`. */
function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)]
    .map(([, name = '']) => (name.startsWith('.') ? `webhook${name}` : name))
    .sort();
}

function granted(role: AccessRole, resource: string, operation: string): readonly string[] {
  const names = grantsOf(role, '', [platformTopics])
    .filter((grant) => grant.resource === resource && grant.operation === operation)
    .map(({ name }) => name.replace(/^webhook\.retry\..*/, 'webhook.retry.*'));
  return [...new Set(names)].sort();
}

test('its table has the topics and the group of each app, and no other', () => {
  const document = readFileSync(join(repositoryRoot, 'docs', 'operations.md'), 'utf8');
  const [, table = ''] = /^\| Who +\| Read +\| Write +\| Group +\|\n((?:\|.*\n)+)/m.exec(document) ?? [];
  const written = table
    .split('\n')
    .filter((line) => /^\| [`a-z]/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, who = '', reads = '', writes = '', group = '']) => ({
      role: who === 'platform services' ? 'platform' : who.replaceAll('`', ''),
      reads: namesIn(reads),
      writes: namesIn(writes),
      group: namesIn(group),
    }));
  // Those two are told in words below the table.
  const inTable = accessRoles.filter((role) => role !== 'setup' && role !== 'operator');
  expect(written).toEqual(
    inTable.map((role) => ({
      role,
      reads: granted(role, 'topic', 'Read'),
      writes: granted(role, 'topic', 'Write'),
      group: granted(role, 'group', 'Read'),
    })),
  );
});
