/**
 * A provider of OpenID Connect as a process of its own: discovery, keys, and tokens signed as they are asked for. It goes when
 * whoever started it goes. Run by Node.js as it stands.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

interface Wanted {
  readonly header: { readonly alg: string; readonly kid?: string; readonly typ?: string };
  readonly claims: Readonly<Record<string, unknown>>;
  /** By `stranger`: with a key that is published nowhere. */
  readonly by?: 'issuer' | 'stranger';
}

const pair = async (kid: string) => ({ kid, ...(await generateKeyPair('ES256', { extractable: true })) });
const signing = await pair('first');
const stranger = await pair('first');
let asked = 0;

const server = createServer((request, response) => void answer(request, response));
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  process.send?.(issuer());
});
process.on('disconnect', () => process.exit());

function issuer(): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/realms/ops`;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const said = await documentOf(request);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(said));
}

async function documentOf(request: IncomingMessage): Promise<unknown> {
  switch (request.url) {
    case '/realms/ops/.well-known/openid-configuration':
      asked += 1;
      return { issuer: issuer(), jwks_uri: `${issuer()}/keys` };
    case '/realms/ops/keys':
      return { keys: [{ ...(await exportJWK(signing.publicKey)), kid: signing.kid, alg: 'ES256' }] };
    case '/tests/token': {
      const { header, claims, by } = (await json(request)) as Wanted;
      const { kid, privateKey } = by === 'stranger' ? stranger : signing;
      return { token: await new SignJWT({ ...claims }).setProtectedHeader({ kid, ...header }).sign(privateKey) };
    }
    case '/tests/asked':
      return { asked };
    default:
      return null;
  }
}
