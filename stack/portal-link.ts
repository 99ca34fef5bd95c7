/** A link that opens the portal of this machine on one client, signed in. */
import { readConfig, type Environment } from '../libs/runtime/config.ts';
import { portalKeys } from '../libs/runtime/portal-keys.ts';
import type { ApiClient } from './api-client.ts';
import { apiUrl } from './local-access.ts';

/** A working day. */
const expiresInMinutes = 720;

/** Null where the portal is switched off. @throws StackFailure when the API opens no session */
export async function portalLink(env: Environment, admin: ApiClient, clientId: string): Promise<string | null> {
  const { PORTAL_ENABLED, PORTAL_PATH } = readConfig(portalKeys, env);
  if (!PORTAL_ENABLED) return null;
  const body = { name: 'npm start', scope: 'manage', expiresInMinutes };
  const session = await admin.call<{ token: string }>('POST', `/v1/clients/${clientId}/portal-sessions`, body);
  return `${apiUrl}${PORTAL_PATH}/#token=${session.token}`;
}
