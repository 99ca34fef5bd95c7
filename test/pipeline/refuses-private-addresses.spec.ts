import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { createClient, type TestClient } from '../support/clients.ts';

let system: System;
let client: TestClient;

beforeAll(async () => {
  // As in production: nothing private is opened.
  system = await startSystem({
    apps: ['management-api'],
    env: { EGRESS_ALLOW: '', ALLOWED_URL_SCHEMES: 'https', ALLOWED_PORTS: '443,8443' },
  });
  client = await createClient(system);
}, 120_000);

afterAll(() => system.stop(), 60_000);

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly { readonly path: string; readonly rule: string; readonly message: string }[];
}

describe('in production mode', () => {
  test.each([
    'http://example.com/hook',
    'https://127.0.0.1/hook',
    'https://10.0.0.8/hook',
    'https://[::1]/hook',
    'https://[::ffff:169.254.169.254]/hook',
    'https://2130706433/hook',
    'https://0x7f.1/hook',
    'https://localhost/hook',
    'https://metadata.google.internal/hook',
    'https://user:pass@example.com/hook',
    'https://example.com:22/hook',
    'ftp://example.com/hook',
  ])('%s is refused with the rule that refused it', async (url) => {
    const response = await system.api('POST', '/v1/webhooks', { url, eventTypes: ['*'] }, client.key);
    expect(response.status).toBe(422);
    const problem = response.body as Problem;
    expect(problem.code).toBeTruthy();
    const [error] = problem.errors;
    expect(error?.path).toMatch(/url$/);
    expect(error?.rule).toBeTruthy();
    expect(error?.message).toBeTruthy();
  });
});
