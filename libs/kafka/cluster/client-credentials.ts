/**
 * Fetches a token with the credentials of a client. In: where and who. Out: the token and how long it lives.
 * Source: RFC 6749, sections 2.3.1 and 4.4.
 */
import { askHttp } from '../../wire/http-question.ts';
import type { Token } from './fresh-token.ts';

export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | null;
  readonly parameters: Readonly<Record<string, string>>;
  /** PEM; null: those of Node.js. */
  readonly ca: string | null;
}

/** What was answered instead of a token. It says what the server said, and nothing that was sent. */
export class TokenError extends Error {
  readonly code = 'no_token';
  readonly retryable = true;
}

const answerMs = 5_000;
/** Of a server that does not say. */
const lifetimeUnknownMs = 60_000;
const quotedMax = 200;

/** @throws TokenError */
export async function fetchToken(credentials: ClientCredentials): Promise<Token> {
  const { tokenUrl, clientId, clientSecret, scope, parameters, ca } = credentials;
  const fields = { grant_type: 'client_credentials', ...(scope === null ? {} : { scope }), ...parameters };
  const login = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64');
  const place = new URL(tokenUrl).host;
  const { status, body } = await askHttp({
    url: tokenUrl,
    headers: {
      accept: 'application/json',
      authorization: `Basic ${login}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(fields).toString(),
    tls: ca === null ? null : { ca },
    answerMs,
  }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TokenError(`no token from ${place}: ${reason}`, { cause });
  });
  const answer = parsed(body);
  const token = answer['access_token'];
  // Of what is sent to a broker between control characters.
  if (status === 200 && typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) {
    const seconds = Number(answer['expires_in']);
    return { value: token, lifetimeMs: seconds > 0 ? seconds * 1000 : lifetimeUnknownMs };
  }
  const said = [answer['error'], answer['error_description']].filter((part) => typeof part === 'string').join(': ');
  throw new TokenError(
    `no token from ${place}: it answers ${status}${said === '' ? '' : `, ${said.slice(0, quotedMax)}`}`,
  );
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
