/** Which API, with which key: from options, the environment, or what `npm start` keeps. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../libs/runtime/config.ts';
import { createApiClient, type ApiClient } from '../libs/api-client/api-client.ts';
import type { Given } from './command.ts';
import { CliFailure } from './failure.ts';

export const apiUrlDefault = 'http://127.0.0.1:3000';

export interface Settings {
  /** Without path. */
  readonly apiUrl: string;
  /** @throws CliFailure usage when there is none */
  readonly key: () => string;
  /** @throws CliFailure usage when there is no key */
  readonly api: (signal: AbortSignal | null, timeoutMs?: number) => ApiClient;
  readonly env: Environment;
}

/** @param root of the repository, where the key of a local system lies; null: there is none. @throws CliFailure usage */
export function readSettings(given: Given, env: Environment, root: string | null): Settings {
  const url = originOf(given.text('api-url') ?? env['DEEPERHUB_API_URL'] ?? apiUrlDefault);
  const key = () => keyOf(given, env, url, root === null ? null : join(root, '.data', 'admin-api-key'));
  return {
    apiUrl: url.href.replace(/\/$/, ''),
    key,
    api: (signal, timeoutMs) =>
      createApiClient({
        url: url.href.replace(/\/$/, ''),
        key: key(),
        ...(signal && { signal }),
        ...(timeoutMs !== undefined && { timeoutMs }),
      }),
    env,
  };
}

function originOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CliFailure(
      'usage',
      `The address of the API has to be an http or https URL, not '${withoutLogin(text)}'.`,
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw new CliFailure('usage', 'The address of the API takes no login and no query: the key goes into a file.');
  }
  return url;
}

/** What stands before an @ may be a password. */
function withoutLogin(text: string): string {
  return text.replace(/\/\/.*@/, '//…@');
}

function keyOf(given: Given, env: Environment, url: URL, localFile: string | null): string {
  const word = given.text('api-key');
  if (word !== null) return keyFrom(word, '--api-key');
  const file =
    given.text('key-file') ?? (env['DEEPERHUB_API_KEY'] === undefined ? env['DEEPERHUB_API_KEY_FILE'] : null);
  if (file !== null && file !== undefined) return keyIn(file);
  const direct = env['DEEPERHUB_API_KEY'];
  if (direct !== undefined) return keyFrom(direct, 'DEEPERHUB_API_KEY');
  // The key of the system on this machine is for nobody else.
  if (localFile !== null && isThisMachine(url)) {
    try {
      return keyFrom(readFileSync(localFile, 'utf8'), localFile);
    } catch (error) {
      if (error instanceof CliFailure) throw error;
    }
  }
  throw new CliFailure(
    'usage',
    `There is no API key: set DEEPERHUB_API_KEY or DEEPERHUB_API_KEY_FILE, or give --key-file${localFile !== null && isThisMachine(url) ? ` (npm start would keep one in ${localFile})` : ''}.`,
  );
}

function keyIn(file: string): string {
  try {
    return keyFrom(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure('usage', `The key cannot be read from ${file} (${reason}).`);
  }
}

/** A key goes into a header; what could not is told here, without showing it. */
function keyFrom(text: string, place: string): string {
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new CliFailure('usage', `There is no API key in ${place}: it is empty, or has blanks or other characters.`);
}

function isThisMachine({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
