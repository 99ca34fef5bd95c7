/** How the registry is asked: its address, and how it knows who asks. */
import { askHttp, type ClientTls, type HttpReply } from './http-question.ts';

export interface RegistryAddress {
  /** Base address with path, such as http://127.0.0.1:18081/apis/ccompat/v7 */
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Sent as Bearer; asked for with each request. Default: none */
  readonly token?: (() => Promise<string>) | null;
  /** Default: what Node.js trusts, and no certificate of ours. */
  readonly tls?: ClientTls | null;
}

const answerMs = 5_000;

/** `path` begins with a slash. A body makes it a POST. @throws when there is no answer */
export async function askRegistry(address: RegistryAddress, path: string, body?: object): Promise<HttpReply> {
  return askHttp({
    url: address.url.replace(/\/$/, '') + path,
    headers: {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/vnd.schemaregistry.v1+json' }),
      ...(await loginOf(address)),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    tls: address.tls ?? null,
    answerMs,
  });
}

async function loginOf({ username, password, token }: RegistryAddress): Promise<Readonly<Record<string, string>>> {
  if (token !== undefined && token !== null) return { authorization: `Bearer ${await token()}` };
  if (username === null) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` };
}
