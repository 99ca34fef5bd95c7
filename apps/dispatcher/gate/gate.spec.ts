import { describe, expect, test } from '@jest/globals';
import type { AttemptResult } from '../../../libs/domain/delivery/attempt.ts';
import { definitionLeaseMs } from '../../../libs/domain/webhook/definition-lease.ts';
import type { WebhookDefinition } from '../../../libs/domain/webhook/webhook.ts';
import { SecretBox } from '../../../libs/runtime/secret-box.ts';
import { Breakers } from '../../../libs/sender/breaker.ts';
import { webhookDefinition } from '../../../test/support/webhook-definition.ts';
import { go, hold, waitUntil, type Admission } from './admission.ts';
import { Gate } from './gate.ts';
import { WebhookTable } from '../webhook-table.ts';

let unixNow = 0;

const secretBox = new SecretBox([`k:${Buffer.alloc(32).toString('base64')}`]);

const definition = webhookDefinition('w', { maxInFlight: 10 });

const timeout: AttemptResult = { kind: 'error', errorKind: 'timeout', message: 'late', latencyMs: 5_000 };
const ok: AttemptResult = {
  kind: 'answer',
  code: 200,
  headers: {},
  bodySample: Buffer.alloc(0),
  bodyTruncated: false,
  latencyMs: 1,
};

function untilOf(admission: Admission): number {
  if (admission.kind !== 'wait') throw new Error(`expected to wait: ${admission.kind}`);
  return admission.until;
}

function setup(change: Partial<WebhookDefinition> = {}, originInFlightMax = 100) {
  const table = new WebhookTable(secretBox);
  table.apply('w', { ...definition, ...change });
  const breakers = new Breakers({ failuresToOpen: 3, openMs: 1_000, onChange: () => undefined });
  const gate = new Gate({ table, breakers, originInFlightMax, unixNow: () => unixNow });
  const webhook = table.find('w');
  if (webhook === undefined) throw new Error('no webhook');
  return { gate, table, webhook, breakers };
}

describe('rate', () => {
  test('attempts are an interval apart, and unused slots are not saved up', () => {
    const { gate } = setup({ rateLimitPerSecond: 10 });
    expect(gate.admit('w', 1_000)).toEqual(go);
    expect(gate.admit('w', 1_001)).toEqual(waitUntil(1_100));
    expect(gate.admit('w', 1_100)).toEqual(go);
    expect(gate.waitsFor('w', 1_150)).toBe('rate_limit');
    expect(gate.admit('w', 9_000)).toEqual(go);
    expect(untilOf(gate.admit('w', 9_000))).toBeGreaterThan(9_000);
  });

  test('a slot taken late does not slow the rate down', () => {
    const { gate } = setup({ rateLimitPerSecond: 100 });
    let sent = 0;
    // Asked only every 7 ms, the mean still is one each 10 ms.
    for (let now = 0; now < 10_000; now += 7) if (gate.admit('w', now).kind === 'go') sent += 1;
    expect(sent).toBeGreaterThanOrEqual(980);
    expect(sent).toBeLessThanOrEqual(1_001);
  });
});

describe('pause', () => {
  const paused = { pausedSince: 100_000, pausedUntil: 160_000 };

  test('holds the webhook without an end, until its end by the clock, and is told of once', () => {
    const { gate } = setup(paused);
    unixNow = 100_000;
    expect(gate.admit('w', 5)).toEqual(hold);
    expect(gate.waitsFor('w', 5)).toBe('paused');
    unixNow = 159_999;
    expect(gate.resumed()).toEqual([]);
    unixNow = 160_000;
    expect(gate.resumed()).toEqual(['w']);
    expect(gate.resumed()).toEqual([]);
    expect(gate.waitsFor('w', 6)).toBeNull();
  });

  test('is followed by a pace that grows from one a second', () => {
    const { gate } = setup(paused);
    unixNow = 160_000;
    expect(gate.admit('w', 1_000)).toEqual(go);
    expect(gate.admit('w', 1_001)).toEqual(waitUntil(2_000));
    unixNow = 219_000;
    expect(gate.admit('w', 2_000)).toEqual(go);
    expect(untilOf(gate.admit('w', 2_001))).toBeLessThan(2_010);
    unixNow = 220_000;
    for (let now = 3_000; now < 3_010; now += 1) expect(gate.admit('w', now)).toEqual(go);
  });

  test.each<[string, Partial<WebhookDefinition> | null]>([
    ['resumed', { pausedUntil: 120_000 }],
    ['disabled', { isActive: false }],
    ['deleted', null],
  ])('ends when the webhook is %s', (_, change) => {
    const { gate, table } = setup(paused);
    unixNow = 120_000;
    expect(gate.admit('w', 5)).toEqual(hold);
    table.apply('w', change === null ? null : { ...definition, ...paused, ...change });
    expect(gate.resumed()).toEqual(['w']);
    expect(gate.admit('w', 6)).toEqual(go);
  });
});

describe('recovery', () => {
  const recoveringSince = 100_000;
  const recoveringUntil = 1_000_000;
  const sentFrom = (gate: Gate, from: number) => {
    let sent = 0;
    for (let passed = 0; passed < 10_000; passed += 1) {
      unixNow = from + passed;
      // What the definition says is Unix time; how far slots are apart is not.
      if (gate.admit('w', unixNow - 50_000).kind === 'go') sent += 1;
    }
    return sent;
  };

  test('a webhook that recovers is drained slowly at first, then quicker, then as it likes', () => {
    const { gate } = setup({ recoveringSince, recoveringUntil });
    const sent = [recoveringSince, 400_000, 700_000, recoveringUntil].map((from) => sentFrom(gate, from));
    expect(sent[0]).toBeLessThanOrEqual(12);
    expect(sent[1]).toBeGreaterThan((sent[0] ?? 0) * 3);
    expect(sent[2]).toBeGreaterThan((sent[1] ?? 0) * 3);
    expect(sent[3]).toBe(10_000);
  });

  test('never quicker than its own limit', () => {
    const { gate } = setup({ recoveringSince, recoveringUntil, rateLimitPerSecond: 2 });
    expect(sentFrom(gate, 900_000)).toBeLessThanOrEqual(21);
  });
});

describe('limit', () => {
  test('one at a time, unless the webhook is parallel', () => {
    expect(setup().gate.limit('w')).toBe(1);
    expect(setup({ ordering: 'strict' }).gate.limit('w')).toBe(1);
    expect(setup({ ordering: 'parallel' }).gate.limit('w')).toBe(4);
    expect(setup({ ordering: 'parallel', maxInFlight: 2 }).gate.limit('w')).toBe(2);
  });

  test('a parallel webhook gets more while it is well and less when it is not', () => {
    const { gate, webhook } = setup({ ordering: 'parallel' });
    for (let index = 0; index < 200; index += 1) gate.attemptEnded(webhook, ok);
    expect(gate.limit('w')).toBe(10);
    gate.attemptEnded(webhook, timeout);
    expect(gate.limit('w')).toBe(5);
  });
});

describe('origin', () => {
  test('has a bound on attempts in flight, whichever webhooks they are of', () => {
    const { gate, webhook } = setup({}, 2);
    gate.attemptStarted(webhook);
    gate.attemptStarted(webhook);
    expect(gate.admit('w', 0)).toEqual({ kind: 'origin', origin: 'https://example.com' });
    expect(gate.hasRoom('https://example.com')).toBe(false);
    gate.attemptEnded(webhook, ok);
    expect(gate.hasRoom('https://example.com')).toBe(true);
    expect(gate.admit('w', 0)).toEqual(go);
  });
});

describe('an origin that clients share', () => {
  test('has room for one more, whoever has the most places there', () => {
    const { gate, table, webhook } = setup({}, 20);
    table.apply('other', { ...definition, id: 'other', clientId: 'other' });
    let started = 0;
    while (gate.admit('w', 0).kind === 'go') {
      gate.attemptStarted(webhook);
      started += 1;
    }
    // Three quarters of the places.
    expect(started).toBe(15);
    expect(gate.admit('w', 0)).toEqual({ kind: 'origin', origin: 'https://example.com' });
    expect(gate.admit('other', 0)).toEqual(go);
  });

  test('has places for deliveries that pings do not take', () => {
    const { gate, webhook } = setup({}, 2);
    for (let index = 0; index < 10; index += 1) gate.pingEnded(webhook, ok);
    gate.attemptStarted(webhook);
    expect(gate.hasRoom('https://example.com', 'acme')).toBe(true);
  });
});

describe('what an attempt met that outlasted its webhook', () => {
  test.each([
    ['was deleted', null],
    ['was disabled', { ...definition, ordering: 'parallel' as const, isActive: false }],
    ['has moved', { ...definition, ordering: 'parallel' as const, url: 'https://elsewhere.example/' }],
  ])('is not learnt: it %s', (_name, changed) => {
    const { gate, table, webhook, breakers } = setup({ ordering: 'parallel' });
    gate.attemptStarted(webhook);
    table.apply('w', changed);
    gate.forget('w');
    for (let index = 0; index < 5; index += 1) gate.pingEnded(webhook, timeout);
    gate.attemptEnded(webhook, timeout);
    gate.block('w', { deliveryId: 'd', since: 0, until: 9 });
    expect(breakers.size).toBe(0);
    expect((gate['concurrency'] as ReadonlyMap<string, unknown>).size).toBe(0);
    expect(gate.blockOf('w') === null).toBe(changed === null);
  });
});

describe('breaker', () => {
  test('holds a webhook that keeps failing, and says so', () => {
    const { gate, webhook } = setup();
    const now = Date.now();
    expect(gate.waitsFor('w', now)).toBeNull();
    for (let index = 0; index < 5; index += 1) gate.attemptEnded(webhook, timeout);
    expect(gate.isBreakerOpen('w')).toBe(true);
    expect(untilOf(gate.admit('w', now))).toBeGreaterThan(now);
    expect(gate.waitsFor('w', now)).toBe('breaker');
  });

  test('does not hold what needs no POST', () => {
    const { gate, table, webhook } = setup();
    for (let index = 0; index < 5; index += 1) gate.attemptEnded(webhook, timeout);
    table.apply('w', { ...definition, isActive: false });
    expect(gate.admit('w', Date.now())).toEqual(go);
    table.apply('w', null);
    expect(gate.admit('w', Date.now())).toEqual(go);
  });
});

describe('what was learnt of an endpoint', () => {
  test.each([
    ['is void when the webhook moves', { url: 'https://elsewhere.example/hook' }, true],
    ['is void when the webhook is disabled', { isActive: false }, true],
    ['stays when anything else changes', { maxInFlight: 3 }, false],
  ])('%s', (_name, change, isVoid) => {
    const { table } = setup();
    expect(table.apply('w', { ...definition, ...change })).toBe(isVoid);
  });

  test('is void when the webhook is deleted, and not when it is new', () => {
    const { table } = setup();
    expect(table.apply('new', { ...definition, id: 'new', isActive: false })).toBe(false);
    expect(table.apply('w', null)).toBe(true);
  });

  test('is not of an attempt at the address that the webhook had before', () => {
    const { gate, table, webhook } = setup({ ordering: 'parallel' });
    const moved = { ...definition, ordering: 'parallel' as const, url: 'https://elsewhere.example/hook' };
    if (table.apply('w', moved)) gate.forgetEndpoint('w');
    for (let index = 0; index < 5; index += 1) gate.attemptEnded(webhook, timeout);
    expect(gate.isBreakerOpen('w')).toBe(false);
    expect(gate.limit('w')).toBe(4);
  });

  test.each(['forget', 'forgetEndpoint'] as const)('is dropped by %s, its breaker with it', (forget) => {
    const { gate, webhook } = setup({ ordering: 'parallel' });
    for (let index = 0; index < 5; index += 1) gate.attemptEnded(webhook, timeout);
    gate[forget]('w');
    expect(gate.waitsFor('w', 0)).toBeNull();
    expect(gate.limit('w')).toBe(4);
    expect(gate.admit('w', 0)).toEqual(go);
  });
});

describe('a webhook that is not known', () => {
  test('is waited for a while: its definition may be on its way', () => {
    const { gate } = setup();
    expect(untilOf(gate.admit('new', 1_000))).toBeGreaterThan(1_000);
    expect(untilOf(gate.admit('new', 3_900))).toBeGreaterThan(3_900);
    expect(gate.admit('new', 4_000)).toEqual(go);
  });

  test('is not given up while the definitions may be behind, nor right after', () => {
    const { gate } = setup();
    let isCurrent = false;
    gate.trustTable(() => isCurrent);
    expect(untilOf(gate.admit('new', 1_000))).toBeGreaterThan(1_000);
    expect(untilOf(gate.admit('new', 60_000))).toBeGreaterThan(60_000);
    isCurrent = true;
    expect(untilOf(gate.admit('new', 62_900))).toBeGreaterThan(62_900);
    isCurrent = false;
    gate.watchTable(62_950);
    isCurrent = true;
    expect(untilOf(gate.admit('new', 65_900))).toBeGreaterThan(65_900);
    expect(gate.admit('new', 65_950)).toEqual(go);
  });

  test('is sent to as soon as it is known', () => {
    const { gate, table } = setup();
    expect(gate.admit('new', 1_000)).not.toEqual(go);
    table.apply('new', { ...definition, id: 'new' });
    expect(gate.admit('new', 1_050)).toEqual(go);
  });
});

describe('strict', () => {
  test('waits for its head, and remembers since when', () => {
    const { gate } = setup({ ordering: 'strict' });
    gate.block('w', { deliveryId: 'd', since: 100, until: 500 });
    gate.block('w', { deliveryId: 'd', since: 500, until: 900 });
    expect(gate.admit('w', 600)).toEqual(waitUntil(900));
    expect(gate.waitsFor('w', 600)).toBe('blocked');
    expect(gate.blockOf('w')).toEqual({ deliveryId: 'd', since: 100, until: 900 });
    gate.unblock('w');
    expect(gate.admit('w', 600)).toEqual(go);
  });
});

describe('a table that may lag', () => {
  test('is confirmed before a delivery ends for what it says, unless it was just now', async () => {
    const { gate, table, webhook } = setup({ isActive: false });
    let questions = 0;
    const confirmation = {
      confirmedAt: 1_000,
      confirm: () => {
        questions += 1;
        table.apply('w', { ...definition, isActive: true });
        return Promise.resolve();
      },
    };
    gate.trustTable(() => true, confirmation);
    expect((await gate.confirmed(webhook, 1_000 + definitionLeaseMs))?.definition.isActive).toBe(false);
    expect(questions).toBe(0);
    expect((await gate.confirmed(webhook, 1_001 + definitionLeaseMs))?.definition.isActive).toBe(true);
  });

  test('of which nobody tells since when is believed', async () => {
    const { gate, webhook } = setup();
    expect(await gate.confirmed(webhook, 1)).toBe(webhook);
  });
});

test('a proxy in trouble is not the trouble of its endpoints', () => {
  const { gate, webhook, breakers } = setup({ ordering: 'parallel' });
  const ofProxy: AttemptResult = { kind: 'error', errorKind: 'proxy', message: 'down', latencyMs: 1 };
  const limit = gate.limit('w');
  for (let n = 0; n < 50; n += 1) {
    gate.attemptStarted(webhook);
    gate.attemptEnded(webhook, ofProxy);
    gate.pingEnded(webhook, ofProxy);
  }
  expect([gate.limit('w'), breakers.stateOf('w'), breakers.size]).toEqual([limit, 'closed', 0]);
});
