import { expect, test } from '@jest/globals';
import { capabilities, type Capability } from '../../../libs/domain/access/capabilities.ts';
import type { Caller } from './caller.ts';
import { PortalSessionsController } from './portal-sessions.controller.ts';
import { PortalSessions } from './portal-sessions.ts';

const store = { open: () => Promise.resolve(true), time: () => Promise.resolve(1) };
const sessions = new PortalSessions(store as never, new Map([['k', Buffer.alloc(32, 1)]]));

/** The session that a key with these capabilities opens. */
function openedBy(held: readonly Capability[], body: { scope?: 'view' | 'manage' }) {
  const caller = { kind: 'api_key', keyId: 'key_1', clientId: 'c', capabilities: held, grantedUntil: null };
  return new PortalSessionsController(sessions).createOwn({ body, caller: caller as unknown as Caller } as never);
}

test('the scope of a session is the name of what it may, and not of what was asked for', async () => {
  // A process of a version before knows nothing of capabilities: it goes by the scope.
  expect(await openedBy(['payloads.read'], { scope: 'manage' })).toMatchObject({
    scope: 'view',
    capabilities: ['payloads.read'],
  });
  expect(await openedBy(capabilities, { scope: 'view' })).toMatchObject({ scope: 'view' });
  expect(await openedBy(['tests.send'], {})).toMatchObject({ scope: 'manage' });
  expect(await openedBy(capabilities, { scope: 'manage' })).toMatchObject({ scope: 'manage' });
});
