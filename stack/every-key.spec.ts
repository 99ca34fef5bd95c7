/**
 * Every key of every app and of setup: nonsense is refused at boot with its name and a way out, a file will do as well as
 * a variable, and no part of an address that could be secret is ever told. A key that is new here has to say what its
 * nonsense is.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, describeConfig, readConfig, type ConfigSpec } from '../libs/runtime/config.ts';
import { placeOf } from '../libs/runtime/masked-value.ts';
import { guardFromConfig } from '../libs/sender/guard-from-config.ts';
import { appConfigs } from './app-configs.ts';
import { configurationProblems } from './configuration-problems.ts';
import { setupConfig } from './setup-config.ts';
import { configLines } from './config-lines.ts';

const every: ConfigSpec = Object.assign({}, setupConfig, ...Object.values(appConfigs)) as ConfigSpec;
const names = Object.keys(every);
const key = `k:${Buffer.alloc(32, 1).toString('base64')}`;
const lines = ['two\nlines', 'a\u0000b'];
const numbers = ['', 'many', '-1', '1e9', 'NaN', 'Infinity'];
const switches = ['', 'yes', 'TRUE', '0'];

const noCertificates = ['/etc/ca.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'nonsense'];
const ownCertificate = (prefix: string) => ({
  [`${prefix}TLS_CERT`]: noCertificates,
  [`${prefix}TLS_KEY`]: ['/etc/key.pem', 'nonsense', ...noCertificates],
  [`${prefix}TLS_KEY_PASSPHRASE`]: [...lines, 'without a key'],
});
const oauth = (prefix: string) => ({
  [`${prefix}OAUTH_TOKEN_URL`]: ['idp', 'ftp://idp/token', 'http://u:p@idp/token', 'http://idp/token'],
  [`${prefix}OAUTH_CLIENT_ID`]: [...lines, 'without the others'],
  [`${prefix}OAUTH_CLIENT_SECRET`]: lines,
  [`${prefix}OAUTH_SCOPE`]: lines,
  [`${prefix}OAUTH_PARAMETERS`]: ['audience', 'client_secret=x', 'a=1&a=2', 'a=ü'],
  [`${prefix}OAUTH_CA`]: noCertificates,
});

const nonsense: Readonly<Record<string, readonly string[]>> = {
  KAFKA_BROKERS: ['', ',', 'kafka', 'kafka:0', 'kafka:99999', 'http://kafka:9092', 'a:1,b', '1.2.3:9092', 'u:p@h:1'],
  KAFKA_TLS: switches,
  KAFKA_TLS_CA: noCertificates,
  ...ownCertificate('KAFKA_'),
  KAFKA_SASL_MECHANISM: ['', 'PLAIN', 'oauth', 'plain', 'oauthbearer', 'aws-msk-iam'],
  KAFKA_SASL_USERNAME: lines,
  KAFKA_SASL_PASSWORD: lines,
  ...oauth('KAFKA_'),
  KAFKA_OAUTH_EXTENSIONS: ['logicalCluster', 'auth=x', 'a=1&a=2'],
  KAFKA_AWS_REGION: lines,
  PLATFORM_KAFKA_BROKERS: [',', 'kafka', 'kafka:0', 'http://kafka:9092', 'u:p@h:1'],
  PLATFORM_KAFKA_TLS: [...switches, 'true'],
  PLATFORM_KAFKA_TLS_CA: noCertificates,
  ...ownCertificate('PLATFORM_KAFKA_'),
  PLATFORM_KAFKA_SASL_MECHANISM: ['', 'PLAIN', 'plain', 'oauthbearer', 'aws-msk-iam'],
  PLATFORM_KAFKA_SASL_USERNAME: [...lines, 'without brokers'],
  PLATFORM_KAFKA_SASL_PASSWORD: lines,
  ...oauth('PLATFORM_KAFKA_'),
  PLATFORM_KAFKA_OAUTH_EXTENSIONS: ['logicalCluster', 'auth=x', 'a=1&a=2', 'a=1'],
  PLATFORM_KAFKA_AWS_REGION: lines,
  TLS_CA: ['', 'node', '/etc/ca.pem', noCertificates[1] ?? ''],
  KAFKA_INSTANCE_ID: ['a b', 'a/b', 'x'.repeat(250)],
  KAFKA_COMPRESSION: ['', 'lz4', 'ZSTD'],
  TOPIC_PREFIX: ['eu/', 'eu ', 'ü', 'x'.repeat(190)],
  LOG_LEVEL: ['', 'loud', 'INFO'],
  SCHEMA_REGISTRY_URL: ['', 'registry:8081', 'ftp://r', 'http://', 'http://u:p@r', 'http://r/?a=b', 'http://a b'],
  SCHEMA_REGISTRY_USERNAME: lines,
  SCHEMA_REGISTRY_PASSWORD: lines,
  SCHEMA_REGISTRY_TOKEN: ['Bearer abc', 'a b', '"abc"'],
  ...oauth('SCHEMA_REGISTRY_'),
  ...ownCertificate('SCHEMA_REGISTRY_'),
  SCHEMA_REGISTRY_TLS_CA: noCertificates,
  SCHEMA_REGISTRY_LONG_IDS: ['', 'globalid'],
  DATABASE_URL: [
    '',
    'mysql://u:p@h/d',
    'h/d',
    'postgresql:h',
    'postgresql://u:pa/ss@h/d',
    'postgresql://u:p@ss/w@h/d',
    'postgresql://u:50%@h/d',
    'postgresql://h/d?sslmode=required',
    'postgresql://h/d?sslrootcert=/nowhere/ca.pem',
  ],
  DATABASE_POOL_MAX: numbers,
  TOPIC_PARTITIONS: numbers,
  TOPIC_REPLICATION: numbers,
  PLATFORM_TOPICS: ['', 'my topic', '/(/', '/[a/', 'webhook.deliveries', 'platform.events.rejected', 'ok,b a d'],
  PLATFORM_MAPPINGS: ['/nowhere/mappings.yaml', 'package.json', ...lines],
  UNKNOWN_EVENT_TYPES: ['', 'maybe'],
  MAX_PAYLOAD_SIZE_KB: numbers,
  SENSITIVE_FIELDS: lines,
  HISTORY_RETENTION_DAYS: numbers,
  ALLOWED_URL_SCHEMES: ['', 'ftp', 'https,gopher', 'https:8443'],
  ALLOWED_PORTS: ['', 'http', '0', '70000', '9-8', '443;8443', '443, *x'],
  ALLOWED_HOSTS: ['*', '*.', 'a..b', 'https://example.com', 'example.com:443', 'a.*.b', '10.0.0'],
  DENIED_HOSTS: ['*', '*.*.example.com', '-a.example', '192.0.2.0/24'],
  DISALLOWED_IP_RANGES: ['10.0.0.0/40', 'loopback', '10.0.0', 'fd00::/129', '::ffff:10.0.0.0/104', '10.0.0.0-10.0.0.9'],
  EGRESS_ALLOW: ['10.0.0.0/40', 'localhost', '10.0.0', 'fd00::/129', '::ffff:10.0.0.0/104', 'fe80::1%eth0'],
  EGRESS_PROXY_URL: [
    ...['proxy:3128', 'socks5h://p:1080', 'socks4://p:1080', 'socks5://p', 'ftp://p', 'http://p/path', 'http://p?a=b'],
    'http://u:50%@p:1',
  ],
  EGRESS_PROXY_BYPASS: ['10.0.0', '10.0.0.0/40', 'a b', 'http://a', 'host:0', 'host:70000'],
  DNS_SERVERS: ['dns.example', '10.0.0', '10.0.0.2:99999', 'http://10.0.0.2'],
  SIGNATURE_HEADER: ['bad header', 'X-Sig:', 'Ünicode', 'webhook-signature', 'Webhook-Id', 'Host', 'X-DeeperHub-Event'],
  ENCRYPTION_KEYS: ['', 'short', 'k:c2hvcnQ=', `${key},${key}`, `${key},x`, `a b:${key}`],
  DELIVERY_MAX_AGE_HOURS: numbers,
  RETRY_MAX_ATTEMPTS: numbers,
  REFUSAL_GRACE_MINUTES: ['', 'many', '-1', '1441'],
  RETRY_AFTER_MAX_MINUTES: numbers,
  RETRY_AFTER_ORDERED_MAX_MINUTES: numbers,
  RETRY_BASE_DELAY_MS: numbers,
  RETRY_MAX_DELAY_MS: numbers,
  RETRY_BACKOFF_FACTOR: numbers,
  RETRY_JITTER: numbers,
  DEFAULT_HTTP_TIMEOUT_MS: numbers,
  DEFAULT_SIGNATURE_ALGORITHM: ['', 'md5'],
  WEBHOOKS_ENABLED: switches,
  DISPATCH_MAX_IN_FLIGHT: numbers,
  DISPATCH_MAX_SLOW: numbers,
  ORIGIN_MAX_IN_FLIGHT: numbers,
  WEBHOOK_MAX_BUFFERED: numbers,
  WEBHOOK_MAX_BUFFERED_KB: numbers,
  DISPATCH_MAX_BUFFERED_MB: numbers,
  DISPATCH_UNACKNOWLEDGED_MS_MAX: numbers,
  LOG_EXHAUSTED_LEVEL: ['', 'loud', 'debug'],
  DRAIN_DEADLINE_MS: numbers,
  AUTO_DEACTIVATION_ENABLED: switches,
  AUTO_DEACTIVATION_FAILURE_THRESHOLD: numbers,
  AUTO_DEACTIVATION_MIN_MINUTES: numbers,
  AUTO_DEACTIVATION_FAILURE_PERCENT: numbers,
  AUTO_DEACTIVATION_RATE_ATTEMPTS: numbers,
  AUTO_DEACTIVATION_RATE_WINDOW_MINUTES: numbers,
  HEALTH_CHECK_INTERVAL_MINUTES: numbers,
  SILENT_WEBHOOK_HOURS: numbers,
  AUTO_HEAL_ENABLED: switches,
  AUTO_HEAL_PINGS: numbers,
  AUDIT_RETENTION_DAYS: numbers,
  SMTP_URL: [
    ...['mail.example', 'smtp://', 'http://mail', 'smtp://u:50%@mail', 'smtp://a b', 'smtp://u:p@mail?requireTLS=0'],
    ...['smtp://mail?requireTLS', 'smtp://mail?requireTLS=true&requireTLS=false', 'smtp://mail?secure=false'],
    ...['smtp://mail?tls.rejectUnauthorized=false', 'smtp://mail?requiretls=false'],
  ],
  SMTP_FROM: ['', 'webhooks', 'a@b@c', 'Name <a@b', 'a@b\nbcc: x@y', 'smtp://u:p@h'],
  ADMIN_API_KEY: ['short', 'with blanks in it, long enough'],
  WEBHOOKS_PER_CLIENT: numbers,
  WEBHOOK_RETRY_ATTEMPTS_MAX: numbers,
  WEBHOOK_RETRY_DELAY_MS_MIN: numbers,
  WEBHOOK_RETRY_DELAY_MS_MAX: numbers,
  WEBHOOK_TIMEOUT_MS_MAX: numbers,
  WEBHOOK_IN_FLIGHT_MAX: numbers,
  WEBHOOK_SUCCESS_CODES: ['all', '200', '5xx', '302;303', '302,2xx'],
  DEFINITION_WAIT_MS_MAX: numbers,
  COPY_WINDOW_MINUTES: numbers,
  COPY_WINDOW_EVENTS_MAX: numbers,
  API_TRUSTED_PROXIES: ['proxy.example', '10.0.0.0/40', 'true', '*'],
  PORTAL_ENABLED: switches,
  PORTAL_PATH: [
    '',
    'portal',
    '/',
    '/portal/',
    '/a b',
    '/v1',
    '/hooks/v1',
    '/v1/portal',
    '/health/portal',
    '/../portal',
    '/por?tal',
  ],
  PORTAL_BRAND_NAME: ['', ...lines],
  PORTAL_FRAME_ANCESTORS: [
    'app.example.com',
    '*',
    "'self'",
    'https://app.example.com/',
    'https://a.example;x',
    'data:',
  ],
  PORTAL_REFRESH_URL: ['app.example.com', 'javascript:alert(1)', 'https://u:p@app.example.com'],
  PORTAL_TRACE_URL: ['traces.example.com/{traceId}', 'https://traces.example.com/'],
  ENDPOINT_VERIFICATION: ['', 'on', 'Challenge', 'cloudevents'],
  ENDPOINT_VERIFICATION_ORIGIN: ['https://hooks.example.com', 'a_b.example', '-a.example', 'hooks.example.com'],
  OPERATORS_OIDC_ISSUER: [
    'idp',
    'http://idp.example',
    'https://u:p@idp.example',
    'https://idp.example/?a=b',
    'https://idp.example',
  ],
  OPERATORS_OIDC_AUDIENCE: [...lines, 'without an issuer'],
  OPERATORS_OIDC_ROLE_CLAIM: ['', ...lines, '/realm~access/roles'],
  OPERATORS_OIDC_ROLES: ['ops', 'ops=root', '=admin', 'ops=tests.send+all', 'ops=admin,ops=view', 'ops=admin'],
  OPERATORS_OIDC_NAME_CLAIM: ['', ...lines],
  OPERATORS_OIDC_CA: noCertificates,
  API_CORS_ORIGINS: [
    '*',
    'null',
    'portal.example.com',
    'https://Portal.example.com',
    'https://p.example/',
    'ftp://p.example',
  ],
  API_RATE_LIMIT_PER_SECOND: numbers,
  API_RATE_LIMIT_OPERATOR_PER_SECOND: numbers,
  API_RATE_LIMIT_UNKNOWN_PER_SECOND: numbers,
  API_RATE_LIMIT_BURST_SECONDS: numbers,
  OTEL_EXPORTER_OTLP_ENDPOINT: ['collector:4318', 'grpc://collector', 'http://u:p@c', 'http://c/?key=x'],
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ['collector:4318', 'grpc://collector', 'http://u:p@c', 'http://c/#x'],
  OTEL_SERVICE_NAME: ['', ...lines],
  OTEL_TRACES_SAMPLER: ['', 'sometimes'],
  OTEL_TRACES_SAMPLER_ARG: ['', 'half', '-1', '2', 'NaN'],
  HTTP_HOST: ['', 'my host', '1.2.3', 'http://127.0.0.1', '[::1]'],
  HTTP_PORT: ['', 'many', '-1', '65536', '80.5'],
  OPERATIONS_HOST: ['my host', '1.2.3', 'http://127.0.0.1', '[::1]'],
  OPERATIONS_PORT: ['', 'many', '-1', '65536', '80.5'],
  METRICS_OLD_NAMES: ['', 'yes', 'TRUE', '1'],
};

const sound = { ENCRYPTION_KEYS: key };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(every, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('every key has its nonsense, and the defaults are sense', () => {
  expect(Object.keys(nonsense).sort()).toEqual([...names].sort());
  expect(problemsOf(sound)).toEqual([]);
});

test.each(Object.entries(nonsense).flatMap(([name, values]) => values.map((value) => [name, value])))(
  '%s=%j is refused, by its name and with what it has to be',
  (name = '', value = '') => {
    const problems = problemsOf({ ...sound, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} (must|is|has|names|cannot) .{10}`));
  },
);

/** Each alone is wrong for another reason: what it goes with is not there. */
const beside = {
  OPERATORS_OIDC_ISSUER: 'https://idp.example',
  OPERATORS_OIDC_AUDIENCE: 'a',
  OPERATORS_OIDC_ROLES: 'ops=admin',
  ENDPOINT_VERIFICATION: 'cloudevents',
  ENDPOINT_VERIFICATION_ORIGIN: 'a.example',
};
const nonsenseBeside = {
  OPERATORS_OIDC_ROLES: ['ops', 'ops=root', '=admin', 'ops=tests.send+all', 'ops=admin,ops=view'],
  OPERATORS_OIDC_ISSUER: ['idp', 'http://idp.example', 'https://u:p@idp.example', 'https://idp.example/?a=b'],
  ENDPOINT_VERIFICATION_ORIGIN: ['https://hooks.example.com', 'a_b.example', '-a.example'],
};

test.each(Object.entries(nonsenseBeside).flatMap(([name, values]) => values.map((value) => [name, value])))(
  '%s=%j is refused beside all that it goes with',
  (name = '', value = '') => {
    expect(problemsOf({ ...sound, ...beside })).toEqual([]);
    const problems = problemsOf({ ...sound, ...beside, [name]: value });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} must`))]);
  },
);

test('all that is wrong is told together, with the apps that it stops', () => {
  const env = Object.fromEntries(Object.entries(nonsense).map(([name, [value = '']]) => [name, value]));
  const told = [...configurationProblems(env)];
  for (const name of names) expect(told.filter(([problem]) => problem.startsWith(`${name} `))).toHaveLength(1);
  expect(new Map(told).get("LOG_LEVEL must be one of debug, info, warn, error, silent, not ''")).toHaveLength(6);
});

test('what is taken for an egress rule builds the guard', () => {
  const env = {
    ALLOWED_URL_SCHEMES: 'https, http',
    ALLOWED_PORTS: '443,8000-8999,*',
    EGRESS_ALLOW: '127.0.0.0/8,::1/128,10.1.2.3,fd00::/8',
    ALLOWED_HOSTS: 'example.com,*.Example.org,bücher.example,192.0.2.7,[2001:db8::1],2001:db8::2,hooks_1.example.com',
    DENIED_HOSTS: '*.internal.example.com.,xn--bcher-kva.example',
    DISALLOWED_IP_RANGES: '192.0.2.0/24,2001:db8::/32',
    DNS_SERVERS: '10.0.0.2,10.0.0.2:5353,[fd00::2]:53,fd00::2',
  };
  expect(problemsOf({ ...sound, ...env })).toEqual([]);
  expect(() => guardFromConfig(readConfig(every, { ...sound, ...env }) as never)).not.toThrow();
});

test('what a claim of operators stands for is parsed at boot', () => {
  const env = {
    OPERATORS_OIDC_ISSUER: 'https://idp.example/realms/ops/',
    OPERATORS_OIDC_AUDIENCE: 'webhooks',
    OPERATORS_OIDC_ROLE_CLAIM: '/realm_access/a~1b',
    OPERATORS_OIDC_ROLES: 'cn=ops,ou=x=admin, urn:look=view ,s=tests.send+payloads.read',
  };
  expect(problemsOf({ ...sound, ...env })).toEqual([expect.stringContaining("not 'cn=ops'")]);
  const roles = 'cn=ops=admin, urn:look=view ,s=tests.send+payloads.read';
  expect(readConfig(every, { ...sound, ...env, OPERATORS_OIDC_ROLES: roles })).toMatchObject({
    OPERATORS_OIDC_ISSUER: 'https://idp.example/realms/ops/',
    OPERATORS_OIDC_ROLE_CLAIM: ['realm_access', 'a/b'],
    OPERATORS_OIDC_ROLES: [
      { value: 'cn=ops', grant: 'admin' },
      { value: 'urn:look', grant: 'view' },
      { value: 's', grant: ['tests.send', 'payloads.read'] },
    ],
  });
});

describe('files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'every-key-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('every key may come from one', () => {
    const { KAFKA_TLS_CA, ...texts } = Object.fromEntries(names.map((name) => [name, every[name]?.default ?? key]));
    expect(KAFKA_TLS_CA).toBe('');
    const env: Record<string, string> = {};
    for (const [name, text] of Object.entries(texts)) {
      env[`${name}_FILE`] = join(folder, name);
      writeFileSync(join(folder, name), `${text}\n`);
    }
    expect(readConfig(every, env)).toEqual(readConfig(every, sound));
  });

  test('an address in place of the name of a file is not told', () => {
    const env = { ...sound, DATABASE_URL_FILE: 'postgresql://u:hush-hush-hush@h/d' };
    expect(problemsOf(env)).toHaveLength(1);
    expect(JSON.stringify([problemsOf(env), describeConfig(every, env)])).not.toContain('hush');
  });
});

describe('addresses', () => {
  // Recognisable among names and numbers; with what ends or escapes a part of an address.
  const secret = fc
    .array(fc.constantFrom('Hush', '/', '?', '#', '@', ':', '%', '%40', '&', '=', ',', ' ', '1', '\\'), {
      maxLength: 6,
    })
    .map((parts) => `Hush${parts.join('')}Hush`);
  const scheme = fc.constantFrom('postgresql', 'postgres', 'http', 'https', 'smtp', 'mysql', 'SASL_SSL', '');
  const address = fc.tuple(scheme, secret, fc.nat(9)).map(([name, hidden, part]) => {
    const start = name === '' ? '' : `${name}://`;
    switch (part) {
      case 0:
        return `${start}user:${hidden}@host:5432/db`;
      case 1:
        return `${start}:${hidden}@host/db`;
      case 2:
        return `${start}${hidden}@host/db`;
      case 3:
        return `${start}user:1${hidden}@host/db`;
      case 4:
        return `${start}host:5432/db?password=${hidden}`;
      case 5:
        return `${start}host/db?${hidden}`;
      case 6:
        return `${start}host/db?sslmode=require&user=me&password=${hidden}`;
      case 7:
        return `${start}host/db#${hidden}`;
      case 8:
        return `${start}host/v1/${hidden}/x`;
      default:
        return `${start}user:1/${hidden}@host:1/db`;
    }
  });
  const urlKeys = names.filter((name) => /_URL$|_ENDPOINT$/.test(name));

  test('a secret in any part of the address of any key is told nowhere', () => {
    expect(urlKeys.length).toBeGreaterThanOrEqual(5);
    fc.assert(
      fc.property(fc.constantFrom(...urlKeys), address, (name, text) => {
        const env = { ...sound, [name]: text };
        const told = [
          ...configLines([{ app: 'all', spec: every, env }]),
          ...configurationProblems(env).keys(),
          ...problemsOf(env),
          JSON.stringify(describeConfig(every, env)),
          placeOf(text),
        ];
        for (const line of told) expect(line).not.toContain('Hush');
      }),
      { numRuns: 200 },
    );
  });

  test('nor in a key that is no address, where somebody put one', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), address, (name, text) => {
        fc.pre(/:\/\//.test(text) && text.includes('@') && !text.includes(','));
        const env = { ...sound, [name]: text };
        for (const line of [...configLines([{ app: 'all', spec: every, env }]), ...problemsOf(env)]) {
          expect(line).not.toContain('Hush');
        }
      }),
      { numRuns: 200 },
    );
  });
});
