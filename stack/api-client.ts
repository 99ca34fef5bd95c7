/** The management API as a caller sees it, for the demonstration and the smoke test. */
import { StackFailure } from './failure.ts';

export class ApiClient {
  readonly url: string;
  private readonly key: string;

  /** @param url without path */
  constructor(url: string, key: string) {
    this.url = url;
    this.key = key;
  }

  as(key: string): ApiClient {
    return new ApiClient(this.url, key);
  }

  /** The parsed body. @throws StackFailure when the answer is no 2xx or none comes */
  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const { status, value } = await this.ask(method, path, body);
    if (status >= 200 && status < 300) return value as T;
    throw new StackFailure(`${method} ${path} was answered ${status}: ${JSON.stringify(value)}`);
  }

  /** Like {@link call}, but null when there is no such thing or no access to it. */
  async find<T>(path: string): Promise<T | null> {
    const { status, value } = await this.ask('GET', path);
    return status === 200 ? (value as T) : null;
  }

  private async ask(method: string, path: string, body?: object): Promise<{ status: number; value: unknown }> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(15_000),
      });
      const text = await response.text();
      return { status: response.status, value: text === '' ? null : (JSON.parse(text) as unknown) };
    } catch (cause) {
      throw new StackFailure(`The management API at ${this.url} does not answer: start the system with npm start.`, {
        cause,
      });
    }
  }
}
