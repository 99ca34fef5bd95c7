/** Starts the provider of the tests, asks it for tokens, ends it. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export const audience = 'webhooks-api';

export interface TokenWish {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly by?: 'issuer' | 'stranger';
}

export class OidcProvider {
  readonly issuer: string;
  private readonly child: ChildProcess;

  private constructor(issuer: string, child: ChildProcess) {
    this.issuer = issuer;
    this.child = child;
  }

  /** @param port 0: any */
  static async start(port = 0): Promise<OidcProvider> {
    const child = fork(new URL('oidc-issuer.ts', import.meta.url), [String(port)], { execArgv: ['--no-warnings'] });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the provider ended with ${String(code)}`);
    });
    const [issuer] = (await Promise.race([once(child, 'message'), ended])) as [string];
    return new OidcProvider(issuer, child);
  }

  get port(): number {
    return Number(new URL(this.issuer).port);
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Of somebody with the role `ops-admin`, for ten minutes, unless something else is wished for. */
  async token({ claims = {}, header = {}, by = 'issuer' }: TokenWish = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const person = { sub: 'u-ann', email: 'ann@example.com', realm_access: { roles: ['offline', 'ops-admin'] } };
    const all = { iss: this.issuer, aud: audience, iat: now, exp: now + 600, ...person, ...claims };
    return (await this.ask<{ token: string }>('token', { header: { alg: 'ES256', ...header }, claims: all, by })).token;
  }

  /** How often it was asked what it is. */
  async asked(): Promise<number> {
    return (await this.ask<{ asked: number }>('asked', {})).asked;
  }

  private async ask<T>(what: string, body: object): Promise<T> {
    const response = await fetch(new URL(`/tests/${what}`, this.issuer), {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return (await response.json()) as T;
  }
}
