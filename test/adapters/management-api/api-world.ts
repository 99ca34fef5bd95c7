/** The management API in this process, on real parts, asked without a port; every answer is held against the contract. */
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { managementApi } from '../../../apps/management-api/app.ts';
import { setUp } from '../../../stack/setup.ts';
import { createApp, type AppContext } from '../../../libs/runtime/app.module.ts';
import { readConfig } from '../../../libs/runtime/config.ts';
import { Health } from '../../../libs/runtime/health.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { Metrics } from '../../../libs/runtime/metrics.ts';
import { testStack } from '../../support/test-stack.ts';
import { until } from '../../support/until.ts';
import { checkAnswer } from './contract-check.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Parsed JSON, null of nothing. */
  readonly body: Record<string, unknown>;
}

export interface AskOptions {
  readonly body?: unknown;
  /** Empty: none. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type World = Awaited<ReturnType<typeof startWorld>>;

export async function startWorld(env: Readonly<Record<string, string>> = {}) {
  const stack = await testStack({ kafka: true, registry: true, postgres: true });
  const adminKey = `admin-${randomBytes(12).toString('hex')}`;
  const full = {
    KAFKA_BROKERS: stack.kafkaBrokers,
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    DATABASE_URL: await stack.createMigratedDatabase(),
    TOPIC_PREFIX: stack.topicPrefix,
    TOPIC_PARTITIONS: '2',
    TOPIC_REPLICATION: '1',
    ADMIN_API_KEY: adminKey,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    LOG_LEVEL: 'silent',
    // Tests ask faster than anybody; the limit has a test of its own.
    API_RATE_LIMIT_PER_SECOND: '0',
    // Nobody decides on events here.
    DEFINITION_WAIT_MS_MAX: '0',
    ...env,
  };
  const logger = createLogger('management-api', env['LOG_LEVEL'] ?? 'silent');
  await setUp(full, logger);
  const context: AppContext = {
    name: 'management-api',
    logger,
    health: new Health({ logger }),
    metrics: new Metrics('management-api'),
  };
  const app = await createApp(managementApi, readConfig(managementApi.config, full), context);
  await app.init();
  await managementApi.warmUp?.(app);
  await until(async () => (await context.health.report()).status === 'ready', { timeoutMs: 20_000, what: 'ready' });
  return { app, env: full, adminKey, context, ask: asker(app, adminKey), close: () => app.close() };
}

export function asker(app: NestFastifyApplication, defaultKey: string) {
  return async (route: string, { body, key = defaultKey, headers = {} }: AskOptions = {}): Promise<Answer> => {
    const [method = 'GET', url = '/'] = route.split(' ');
    const response = await app.inject({
      method: method as 'GET',
      url,
      headers: {
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
      payloadAsStream: true,
    });
    const text = await textOf(response);
    const mediaType = (response.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
    checkAnswer(method, url, {
      status: response.statusCode,
      mediaType,
      text,
      requestId: response.headers['x-request-id'],
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      body: parsed(text),
    };
  };
}

/** All of it; of a stream that has no end, what comes first. */
async function textOf(response: { headers: Answer['headers']; stream(): Readable; raw: { res: object } }) {
  const stream = response.stream();
  if (!String(response.headers['content-type']).startsWith('text/event-stream')) return readText(stream);
  const [first] = (await once(stream, 'data')) as [Buffer];
  // What the server sees of a reader that leaves.
  (response.raw.res as ServerResponse).destroy();
  return first.toString('utf8');
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** What an answer says, whoever asked and whenever: without the id of its request. */
export function saidBy({ text }: Pick<Answer, 'text'>): string {
  return text.replaceAll(/"requestId":"[0-9a-f-]{36}"/g, '"requestId":""');
}

/** A client of its own with a key. */
export async function newClient(world: World, name = 'Acme') {
  const { body } = await world.ask('POST /v1/clients', { body: { name } });
  const id = String(body['id']);
  const key = await world.ask(`POST /v1/clients/${id}/api-keys`, { body: { name: 'test', role: 'client' } });
  return { id, key: String(key.body['key']), keyId: String(key.body['id']) };
}

export async function newWebhook(world: World, key: string, more: object = {}) {
  const body = { url: 'https://example.com/hook', eventTypes: ['order.*'], ...more };
  const created = await world.ask('POST /v1/webhooks', { body, key });
  if (created.status !== 201) throw new Error(created.text);
  return created.body as { id: string; secret: string } & Record<string, unknown>;
}
