/**
 * One question to a server of ours, such as the registry or where tokens are fetched: with TLS material of its own, which
 * the global fetch does not take. Holds: it ends by its deadline, and an answer has a bound.
 */
import { request as requestHttp, Agent, type IncomingMessage } from 'node:http';
import { request as requestHttps, Agent as SecureAgent } from 'node:https';

/** In PEM. What is not there is Node.js's, or is not shown. */
export interface ClientTls {
  readonly ca?: string;
  readonly cert?: string;
  /** Not encrypted. */
  readonly key?: string;
}

export interface HttpQuestion {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes it a POST. */
  readonly body?: string;
  readonly tls: ClientTls | null;
  readonly answerMs: number;
  /** Left out: 16 MiB. */
  readonly answerBytesMax?: number;
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

const bytesMaxDefault = 16 * 1024 * 1024;

/** @throws what node:http says, or that there was no answer in time */
export async function askHttp({ url, headers, body, tls, answerMs, ...bounds }: HttpQuestion): Promise<HttpReply> {
  const isSecure = url.startsWith('https:');
  const signal = AbortSignal.timeout(answerMs);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    method: body === undefined ? 'GET' : 'POST',
    headers: { connection: 'close', ...headers, ...(body === undefined ? {} : lengthOf(body)) },
    // A connection that is kept would be one more that can be found dead.
    agent: false,
    signal,
    ...(isSecure ? tls : {}),
  } as const;
  const request = isSecure ? requestHttps(url, options) : requestHttp(url, options);
  request.once('response', resolve);
  request.on('error', reject);
  request.end(body);
  try {
    const response = await promise;
    return { status: response.statusCode ?? 0, body: await textOf(response, bounds.answerBytesMax ?? bytesMaxDefault) };
  } catch (error) {
    request.destroy();
    throw signal.aborted ? new Error(`no answer within ${answerMs} ms`, { cause: error }) : error;
  }
}

function lengthOf(body: string): Readonly<Record<string, string>> {
  return { 'content-length': String(Buffer.byteLength(body)) };
}

async function textOf(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`the answer is over ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** For a library that asks over node:http. */
export function agentOf(url: string, tls: ClientTls): Agent {
  return url.startsWith('https:') ? new SecureAgent({ ...tls }) : new Agent();
}
