/**
 * Which clock for what (docs/decisions/0109-which-clock-for-what.md). The wall clock can be set; an interval, a deadline, an
 * age, a back-off or an expiry in memory that is measured with it stands still for as long as it was set back. So the
 * sources ask `monotonicMs()`. The uses of the wall clock that are right are listed here, each with what it is for.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { sourceFiles } from './source-tree.ts';

/** `Date.now`, called or handed on, and `new Date()` without an argument. */
const wallClock = /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)/g;
const ofProcesses = /^(apps|libs|cli|stack)\//;

const stored = 'times in rows and records';
const compared = 'compared with times in rows and records';
const told = 'told to a person or a client';

/** By file: how many uses, and what they are for. One more use is one more thing to think about. */
const allowed: Readonly<Record<string, readonly [uses: number, what: string]>> = {
  'apps/dispatcher/dispatch.ts': [1, stored],
  'apps/dispatcher/dispatcher.module.ts': [
    2,
    `${stored}, the timestamps of signatures, the age of a delivery, and what a pause was of a time`,
  ],
  'apps/dispatcher/gate/gate.ts': [
    1,
    'compared with the times of a recovery and of a pause, which are in the definition',
  ],
  'apps/dispatcher/main.ts': [1, 'the age of the oldest record, told'],
  'apps/dispatcher/parked/parker.ts': [2, stored],
  'apps/dispatcher/pings/ping-refusal.ts': [1, stored],
  'apps/dispatcher/lanes/strict-heads.ts': [2, 'compared with notBefore, once, when it is read'],
  'apps/dispatcher/settled/settled-reader.ts': [
    1,
    'how far back the last outcomes are read; 300 of a partition are, whatever it says',
  ],
  'apps/fanout/fanout.module.ts': [3, `the ages of events, told; ${stored}; copies, ${compared}`],
  'apps/fanout/main.ts': [1, `the reach of the window of copies, ${compared}`],
  'apps/management-api/access/api-keys.controller.ts': [4, stored],
  'apps/management-api/http/settings.controller.ts': [1, stored],
  'apps/management-api/http/api-metrics.ts': [1, 'the age of the oldest row of the outbox, told'],
  'apps/management-api/access/audit.controller.ts': [1, stored],
  'apps/management-api/access/client-leaving.controller.ts': [1, stored],
  'apps/management-api/access/client-suspension.controller.ts': [2, stored],
  'apps/management-api/access/clients.controller.ts': [2, stored],
  'apps/management-api/deliveries/deliveries.controller.ts': [
    2,
    `${stored}; how long a delivery has taken so far, told`,
  ],
  'apps/management-api/events/event-types.controller.ts': [3, stored],
  'apps/management-api/events/catalogue-import.ts': [1, stored],
  'apps/management-api/events/events.controller.ts': [1, stored],
  'apps/management-api/webhooks/filter-test.controller.ts': [1, 'the time of a made-up event'],
  'apps/management-api/outbox/outbox-relay.ts': [1, stored],
  'apps/management-api/access/operator-issuer.ts': [1, 'the times in tokens of others are compared with it'],
  'apps/management-api/access/portal-sessions.controller.ts': [6, `${stored}, and in signed tokens`],
  'apps/management-api/replays/replay-runner.ts': [4, `${stored}, ${compared}; waits are bounded`],
  'apps/management-api/replays/replays.controller.ts': [3, stored],
  'apps/management-api/http/route.ts': [1, 'the time of what a request makes'],
  'apps/management-api/webhooks/stats.controller.ts': [1, 'the default range of a question about rows'],
  'apps/management-api/stores.module.ts': [1, 'the end of portal sessions, which is in their tokens'],
  'apps/management-api/stream/stream-providers.ts': [1, 'until when outcomes were passed on, told'],
  'apps/management-api/webhooks/webhook-checks.ts': [1, 'the validity of certificates'],
  'apps/management-api/responses.ts': [1, `whether a pause is over, ${compared}`],
  'apps/management-api/webhooks/webhook-pause.controller.ts': [1, stored],
  'apps/management-api/rejections/rejected-events.controller.ts': [1, stored],
  'apps/management-api/system/system-providers.ts': [1, told],
  'apps/management-api/webhooks/webhooks.controller.ts': [6, stored],
  'apps/monitor/monitor.module.ts': [2, `${compared} of other hosts`],
  'apps/projector/projector.module.ts': [1, 'the ages of records, told'],
  'apps/retry-scheduler/retry-scheduler.module.ts': [1, 'compared with notBefore, once, when a retry is read'],
  'cli/commands/deliveries-list.ts': [1, 'the range that a person asked for'],
  'cli/commands/listen.ts': [2, 'the age of a signature, and times that are told'],
  'cli/commands/replay-commands.ts': [1, 'the range that a person asked for'],
  'cli/commands/verify.ts': [1, 'the age of a signature'],
  'cli/request-body.ts': [2, 'the time that a person asked for'],
  'cli/resource-commands.ts': [1, 'the range that a person asked for'],
  'libs/kafka/tail/live-tables.ts': [
    1,
    'when a definition came, for copies of events: compared with their times in records',
  ],
  'libs/kafka/cluster/msk-token.ts': [1, 'how long a token lasts, which the signer tells as a moment'],
  'libs/kafka/producer/producer-clock.ts': [1, 'the timestamps of records'],
  'libs/postgres/server/database-clock.ts': [1, 'compared with the clock of the database'],
  'libs/postgres/server/diagnosis.ts': [2, 'compared with the clock of the database'],
  'libs/postgres/replays/replay-store.ts': [1, stored],
  'libs/runtime/logger.ts': [1, 'the time of a line'],
  'libs/sender/origins.ts': [1, 'compared with the end of a certificate'],
  'stack/demo.ts': [1, 'a name for an order'],
  'stack/doctor/apps.ts': [2, 'compared with the clocks of the apps'],
  'stack/definitions-notice.ts': [1, compared],
  'stack/doctor/database.ts': [3, compared],
  'stack/file-logger.ts': [1, 'the time of a line'],
  'stack/local-receiver.ts': [1, told],
  'stack/platform-service.ts': [1, 'the time of an event'],
  'stack/republish-definitions.ts': [2, stored],
  'stack/rotate-keys.ts': [2, stored],
  'stack/supervisor.ts': [1, 'the time of a line'],
};

const replaced = 'libs/kafka/kafkajs/kafkajs-clock.ts measures with the monotonic clock in its place';
const notReached = 'of its consumer and its producer, which nothing here runs';

/** The same of what kafkajs does beneath us: an interval there stands still like one of ours. */
const allowedInKafkajs: Readonly<Record<string, readonly [uses: number, what: string]>> = {
  'cluster/brokerPool.js': [2, replaced],
  'consumer/consumerGroup.js': [7, notReached],
  'consumer/offsetManager/index.js': [4, notReached],
  'consumer/runner.js': [5, notReached],
  'instrumentation/event.js': [1, told],
  'loggers/index.js': [1, told],
  'network/requestQueue/index.js': [4, replaced],
  'network/requestQueue/socketRequest.js': [4, `${told}; of the time of sending, ${replaced}`],
  'protocol/message/v1/index.js': [1, notReached],
  'protocol/recordBatch/v0/index.js': [2, notReached],
  'protocol/requests/offsetCommit/v1/request.js': [1, stored],
  'protocol/requests/produce/v2/request.js': [1, notReached],
  'protocol/requests/produce/v3/request.js': [1, notReached],
};

function usesOf(text: string): number {
  const code = text.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/.*$/gm, '');
  return code.match(wallClock)?.length ?? 0;
}

test('the wall clock is asked where it is listed, and for what', () => {
  const found = sourceFiles()
    .filter(({ path }) => ofProcesses.test(path) && !path.endsWith('.spec.ts'))
    .map(({ path, text }) => [path, usesOf(text)] as const)
    .filter(([, uses]) => uses > 0);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(allowed).map(([path, [uses]]) => [path, uses])),
  );
});

test('kafkajs asks the wall clock where it is listed', () => {
  const root = fileURLToPath(new URL('../../node_modules/kafkajs/src/', import.meta.url));
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js') && !path.endsWith('.spec.js'))
    .map((path) => [path, usesOf(readFileSync(join(root, path), 'utf8'))] as const)
    .filter(([, uses]) => uses > 0);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(allowedInKafkajs).map(([path, [uses]]) => [path, uses])),
  );
});

test.each([
  ['const at = Date.now();', 1],
  ['make({ now: Date.now })', 1],
  ['new Date()', 1],
  ['Date()', 1],
  ['new Date(at), Date.parse(text), Date.UTC(2026, 0)', 0],
  ['// Date.now()', 0],
  ['/** `Date.now()` is for what is told. */', 0],
])('%s: %i uses', (text, uses) => {
  expect(usesOf(text)).toBe(uses);
});
