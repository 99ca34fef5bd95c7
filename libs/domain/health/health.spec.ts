import { describe, expect, test } from '@jest/globals';
import { tolerableBehindMs } from './disable-rules.ts';
import { afterEnabling, observe, relapseFailures, unknownHealth, verdictOf } from './health.ts';
import type { HealthRules, WatchedWebhook, WebhookHealth } from './webhook-health.ts';
import type { DeliveryOutcome } from '../delivery/outcome.ts';

const start = Date.parse('2026-03-10T12:00:00Z');
const minuteMs = 60_000;
const rules: HealthRules = {
  isEnabled: true,
  failureThreshold: 3,
  minMs: 10 * minuteMs,
  rate: null,
  isPaused: false,
  goodPingsToHeal: 2,
  behindMs: 0,
};
const active: WatchedWebhook = {
  isActive: true,
  disabledBy: null,
  disabledAt: null,
  recoveringUntil: null,
  autoHeal: true,
  autoHealGone: false,
  targetVersion: 1,
};
const disabled: WatchedWebhook = { ...active, isActive: false, disabledBy: 'failures', disabledAt: start };

function outcome(atMinute: number, changes: Partial<DeliveryOutcome> = {}): DeliveryOutcome {
  return {
    deliveryId: `delivery-${atMinute}`,
    webhookId: 'wh-1',
    clientId: 'client-1',
    eventId: 'event-1',
    eventType: 'order.created',
    kind: 'event',
    trigger: 'first',
    round: '',
    attempt: 1,
    status: 'failed_retryable',
    reason: 'http',
    startedAt: start + atMinute * minuteMs,
    latencyMs: 20,
    requestHeaders: {},
    responseCode: 500,
    responseHeaders: {},
    responseBodySample: null,
    responseBodyTruncated: false,
    errorKind: null,
    errorMessage: null,
    nextAttemptAt: null,
    deliveryCreatedAt: start,
    disableWebhook: null,
    targetVersion: null,
    traceparent: null,
    ...changes,
  };
}

const success = (atMinute: number) => outcome(atMinute, { status: 'delivered', reason: null, responseCode: 200 });
const permanent = (reason: NonNullable<DeliveryOutcome['reason']>, latencyMs: number | null) =>
  outcome(0, { status: 'failed_permanent', reason, latencyMs, responseCode: null });

test('what a proxy in trouble kept back counts for nobody', () => {
  const ofProxy = (atMinute: number, kind: 'event' | 'ping' = 'event') =>
    outcome(atMinute, { kind, reason: 'proxy', errorKind: 'proxy', responseCode: null });
  const outcomes = [success(0), ...[1, 20, 40, 60, 80].map((minute) => ofProxy(minute)), ofProxy(90, 'ping')];
  const { health, disable, notices } = observe(unknownHealth, outcomes, active, rules);
  expect({ state: health.state, failures: health.consecutiveFailures, disable, notices }).toEqual({
    state: 'healthy',
    failures: 0,
    disable: null,
    notices: [],
  });
  expect(observe(unknownHealth, [ofProxy(1, 'ping')], disabled, rules).health.failedPings).toBe(0);
});

describe('what an outcome says about its endpoint', () => {
  test.each<[string, DeliveryOutcome, 'success' | 'failure' | null]>([
    ['delivered', success(0), 'success'],
    ['an answer of 500', outcome(0), 'failure'],
    ['a timeout', outcome(0, { reason: 'timeout', errorKind: 'timeout', responseCode: null }), 'failure'],
    ['the last attempt failed', permanent('exhausted', 20), 'failure'],
    ['a refused address', permanent('refused_address', null), 'failure'],
    ['no POST was made', outcome(0, { latencyMs: null }), null],
    ['the webhook was disabled', permanent('disabled', null), null],
    ['the webhook was deleted', permanent('deleted', null), null],
    ['it waited too long', permanent('expired', null), null],
    ['the payload was too large', permanent('payload_too_large', null), null],
    ['it could not be signed', permanent('signing_failed', null), null],
  ])('%s', (_name, said, verdict) => {
    expect(verdictOf(said)).toBe(verdict);
  });
});

const answer410 = (atMinute: number, changes: Partial<DeliveryOutcome> = {}) =>
  outcome(atMinute, {
    status: 'failed_permanent',
    reason: 'gone',
    responseCode: 410,
    disableWebhook: 'gone',
    ...changes,
  });

describe('#232 a pause', () => {
  const minutes = (from: number, until: number) => ({
    pausedSince: start + from * minuteMs,
    pausedUntil: start + until * minuteMs,
  });
  const failed = [outcome(0), outcome(1), outcome(2)];

  test.each<[string, DeliveryOutcome[], ReturnType<typeof minutes>, 'failures' | null]>([
    ['counts for no time of a run of failures', [...failed, outcome(123)], minutes(3, 120), null],
    ['ends no run of failures', [...failed, outcome(130)], minutes(3, 120), 'failures'],
    ['is no time to disable in, whatever was under way', [...failed, outcome(11)], minutes(12, 120), null],
    ['does not count the tests of it', [11, 12, 13, 22].map((at) => outcome(at)), minutes(10, 21), null],
  ])('%s', (_name, outcomes, pause, by) => {
    const paused = { ...active, ...pause };
    expect(observe(unknownHealth, outcomes, paused, rules).disable?.by ?? null).toBe(by);
  });

  test('ends with a run of failures that is as it was', () => {
    const before = observe(unknownHealth, failed, active, rules).health;
    const tests = [20, 30, 40].map((at) => outcome(at, { kind: 'test' }));
    const { health, disable, notices } = observe(before, tests, { ...active, ...minutes(3, 120) }, rules);
    expect({ disable, notices, failures: health.consecutiveFailures }).toEqual({
      disable: null,
      notices: [],
      failures: 3,
    });
    expect(health.lastFailureAt).toBe(start + 40 * minuteMs);
  });

  test('disables by no rate either', () => {
    const rate = { part: 0.9, attemptsMin: 4, windowMs: 60 * minuteMs };
    const byRate = { ...rules, rate, failureThreshold: 1_000 };
    const all = [...failed, outcome(43)];
    expect(observe(unknownHealth, all, active, byRate).disable?.by).toBe('failures');
    expect(observe(unknownHealth, all, { ...active, ...minutes(3, 42) }, byRate).disable).toBeNull();
    expect(observe(unknownHealth, all, { ...active, ...minutes(44, 90) }, byRate).disable).toBeNull();
  });
});

describe('disabling', () => {
  test.each<[string, DeliveryOutcome[], Partial<HealthRules>, 'failures' | 'gone' | null]>([
    ['enough failures over enough time', [outcome(0), outcome(5), outcome(10)], {}, 'failures'],
    ['enough failures in too little time', [outcome(0), outcome(1), outcome(2), outcome(9)], {}, null],
    ['too few failures over a long time', [outcome(0), outcome(500)], {}, null],
    ['a success in between', [outcome(0), outcome(5), success(6), outcome(10), outcome(20)], {}, null],
    ['no least time', [outcome(0), outcome(0), outcome(0)], { minMs: 0 }, 'failures'],
    ['most others fail too', [outcome(0), outcome(5), outcome(10)], { isPaused: true }, null],
    ['gone, though most others fail', [outcome(0, { disableWebhook: 'gone' })], { isPaused: true }, 'gone'],
    ['switched off', [outcome(0), outcome(5), outcome(10)], { isEnabled: false }, null],
    ['gone, first answer', [outcome(0, { disableWebhook: 'gone' })], {}, 'gone'],
    ['gone, though switched off', [outcome(0, { disableWebhook: 'gone' })], { isEnabled: false }, 'gone'],
    ['gone, said to a ping', [outcome(0, { disableWebhook: 'gone', kind: 'ping' })], {}, 'gone'],
    ['#17 410 once', [answer410(0)], {}, null],
    ['#17 410 twice, and another failure', [answer410(0), outcome(1), answer410(2)], { failureThreshold: 9 }, null],
    ['#17 410 three times in a row', [answer410(0), answer410(1), answer410(2)], {}, 'gone'],
    [
      '#17 410 for one event in three, as often as you like',
      [0, 1, 2, 3, 4, 5].flatMap((at) => [answer410(3 * at), success(3 * at + 1), success(3 * at + 2)]),
      {},
      null,
    ],
    ['#17 410 to an event and to a ping', [answer410(0), answer410(1, { kind: 'ping' })], {}, 'gone'],
    [
      '#17 410 with a word that nobody knows',
      [answer410(0, { responseHeaders: { 'webhook-delivery': 'msg_123' } })],
      {},
      null,
    ],
    [
      '#17 410 with the word that it wants no more',
      [answer410(0, { responseHeaders: { 'webhook-delivery': 'disable' } })],
      {},
      'gone',
    ],
    ['pings that fail', [0, 5, 10, 15].map((at) => outcome(at, { kind: 'ping' })), {}, null],
    ['no POST made', [0, 5, 10].map((at) => outcome(at, { latencyMs: null })), {}, null],
    ['test events that fail', [0, 5, 10].map((at) => outcome(at, { kind: 'test' })), {}, 'failures'],
  ])('%s', (_name, outcomes, changed, by) => {
    expect(observe(unknownHealth, outcomes, active, { ...rules, ...changed }).disable?.by ?? null).toBe(by);
    // One batch or several: the same is decided.
    let health = unknownHealth;
    const decisions = outcomes.map((one) => {
      const step = observe(health, [one], active, { ...rules, ...changed });
      health = step.health;
      return step.disable?.by ?? null;
    });
    expect(decisions.find((decision) => decision !== null) ?? null).toBe(by);
  });

  test('what is decided is how things stand after the last outcome, not in between', () => {
    const [failures, successes] = [Array.from({ length: 25 }, (_, at) => outcome(at)), [success(26), success(27)]];
    expect(observe(unknownHealth, failures, active, rules).disable).not.toBeNull();
    expect(observe(unknownHealth, [...failures, ...successes], active, rules)).toMatchObject({
      disable: null,
      health: { state: 'healthy', consecutiveFailures: 0 },
    });
    const recovering = { ...active, recoveringUntil: start + 60 * minuteMs };
    expect(observe(unknownHealth, [...failures, ...successes], recovering, rules).disable).toBeNull();
    const gone = outcome(3, { disableWebhook: 'gone' });
    expect(observe(unknownHealth, [gone, success(4)], active, rules).disable).toBeNull();
    // It was under way while the endpoint said so.
    expect(observe(unknownHealth, [gone, success(2)], active, rules).disable?.by).toBe('gone');
  });

  test('nothing is decided while newer outcomes are not known yet, and what is true then is decided later', () => {
    const failures = [outcome(0), outcome(5), outcome(10)];
    const behind = { ...rules, behindMs: minuteMs + 1 };
    const late = observe(unknownHealth, failures, active, behind);
    expect(late).toMatchObject({ disable: null, isDeferred: true, notices: [], health: { consecutiveFailures: 3 } });
    expect(observe(late.health, [success(11)], active, rules)).toMatchObject({ disable: null, isDeferred: false });
    expect(observe(late.health, [outcome(11)], active, rules)).toMatchObject({ disable: { by: 'failures' } });
    const gone = observe(unknownHealth, [outcome(0, { disableWebhook: 'gone' })], active, behind);
    expect(gone).toMatchObject({ disable: null, isDeferred: true });
    expect(observe(gone.health, [success(1)], active, rules).disable).toBeNull();
    expect(observe(gone.health, [outcome(1)], active, rules).disable?.by).toBe('gone');
    const pings = [1, 2].map((at) => outcome(at, { kind: 'ping', status: 'delivered' }));
    expect(observe(unknownHealth, pings, disabled, behind)).toMatchObject({ isHealed: false, isDeferred: true });
  });

  test.each([
    ['an hour of failures', 60 * minuteMs, minuteMs],
    ['half a minute', 30_000, 30_000],
    ['any failures at all', 0, 15_000],
  ])('rules for %s want a monitor that is no further behind than that, and than a minute', (_name, minMs, behindMs) => {
    expect(tolerableBehindMs({ ...rules, minMs })).toBe(behindMs);
  });

  test('an attempt from before the webhook was enabled does not disable it again', () => {
    const failing = observe(unknownHealth, [outcome(0), outcome(5)], active, rules).health;
    const enabled = afterEnabling(failing, start + 20 * minuteMs);
    const late = observe(enabled, [outcome(19), outcome(19, { disableWebhook: 'gone' }), outcome(21)], active, rules);
    expect(late.disable).toBeNull();
    expect(late.health).toMatchObject({ consecutiveFailures: 1, failingSince: start + 21 * minuteMs });
  });
});

describe('a webhook with another URL', () => {
  const moved = { ...active, targetVersion: 7 };
  const [ofOld, ofNew] = [{ targetVersion: 1 }, { targetVersion: 7 }];
  const failing = observe(unknownHealth, [outcome(0, ofOld), outcome(9, ofOld)], active, rules).health;

  test('does not inherit what the old one did', () => {
    const first = observe(failing, [outcome(10, ofNew)], moved, rules);
    expect(first.disable).toBeNull();
    expect(first.health).toMatchObject({
      consecutiveFailures: 1,
      failingSince: start + 10 * minuteMs,
      targetVersion: 7,
    });
    expect(first.health.windows['24h'].map((bucket) => bucket[2])).toEqual([3]);
  });

  test('is not judged by late answers of the old one, good or bad', () => {
    const late = [outcome(20, { ...ofOld, disableWebhook: 'gone' }), outcome(20, ofOld), outcome(21, ofOld)];
    const after = observe(failing, late, moved, rules);
    expect(after).toMatchObject({ disable: null, health: { state: 'healthy', consecutiveFailures: 0 } });
    const bad = observe(unknownHealth, [outcome(10, ofNew), outcome(15, ofNew)], moved, rules).health;
    const lateGood = outcome(16, { ...ofOld, status: 'delivered', reason: null });
    expect(observe(bad, [lateGood, outcome(21, ofNew)], moved, rules).disable?.by).toBe('failures');
  });

  test('recovers by pings of its own', () => {
    const ping = (at: number, target: object) => outcome(at, { kind: 'ping', status: 'delivered', ...target });
    const off = { ...disabled, targetVersion: 7 };
    const one = observe(unknownHealth, [ping(1, ofOld)], disabled, rules).health;
    expect(observe(one, [ping(2, ofNew)], off, rules).isHealed).toBe(false);
    expect(observe(one, [ping(2, ofOld), ping(3, ofOld)], off, rules).isHealed).toBe(false);
    expect(observe(one, [ping(2, ofNew), ping(3, ofNew)], off, rules).isHealed).toBe(true);
  });

  test('outcomes that do not say which URL they are of are taken for its own', () => {
    expect(observe(unknownHealth, [outcome(0), outcome(5), outcome(10)], moved, rules).disable).not.toBeNull();
  });
});

describe('health', () => {
  test('a success ends a run of failures', () => {
    const { health } = observe(unknownHealth, [outcome(0), outcome(1), success(2)], active, rules);
    expect(health).toMatchObject({
      state: 'healthy',
      consecutiveFailures: 0,
      failingSince: null,
      lastFailureAt: start + minuteMs,
      lastSuccessAt: start + 2 * minuteMs,
    });
  });

  test('a ping is shown and counts for nothing else', () => {
    const ping = outcome(3, { kind: 'ping', status: 'delivered' });
    const { health } = observe(unknownHealth, [outcome(0), ping, outcome(2, { kind: 'ping' })], active, rules);
    expect(health).toMatchObject({
      state: 'failing',
      consecutiveFailures: 1,
      lastSuccessAt: null,
      lastPingAt: start + 3 * minuteMs,
      lastPingDelivered: true,
    });
    expect(health.windows['24h'].map((bucket) => bucket[2])).toEqual([1]);
  });

  test('attempts that begin late are kept, good and bad ones alike, and those of another URL are forgotten', () => {
    const first = [outcome(2), success(3), outcome(9, { kind: 'ping' }), outcome(10, { latencyMs: null })];
    const { health } = observe(unknownHealth, first, active, rules);
    expect(health.late).toEqual({ since: start + 2 * minuteMs, lastAt: start + 3 * minuteMs });
    expect(observe(health, [outcome(4)], active, rules).health.late?.lastAt).toBe(start + 4 * minuteMs);
    expect(observe(health, [outcome(1)], active, rules).health.late).toBeNull();
    expect(observe(health, [], { ...active, targetVersion: 2 }, rules).health.late).toBeNull();
  });
});

describe('coming back', () => {
  const ping = (atMinute: number, isDelivered = true) =>
    outcome(atMinute, { kind: 'ping', status: isDelivered ? 'delivered' : 'failed_permanent' });

  test.each<[string, DeliveryOutcome[], Partial<WatchedWebhook>, boolean]>([
    ['good pings', [ping(1), ping(2)], {}, true],
    ['too few', [ping(1)], {}, false],
    ['one that failed in between', [ping(1), ping(2, false), ping(3)], {}, false],
    ['pings from before it was disabled', [ping(-2), ping(-1)], {}, false],
    ['disabled by its client', [ping(1), ping(2)], { disabledBy: 'client' }, false],
    ['gone', [ping(1), ping(2)], { disabledBy: 'gone' }, false],
    ['gone, and its client wishes', [ping(1), ping(2)], { disabledBy: 'gone', autoHealGone: true }, true],
    [
      'gone, as its client wishes, and refused',
      [1, 2].map((at) => outcome(at, { kind: 'ping', status: 'failed_permanent', responseCode: 400 })),
      { disabledBy: 'gone', autoHealGone: true },
      false,
    ],
    ['gone, and off', [ping(1), ping(2)], { disabledBy: 'gone', autoHealGone: true, autoHeal: false }, false],
    ['off for this webhook', [ping(1), ping(2)], { autoHeal: false }, false],
  ])('%s', (_name, pings, changed, isHealed) => {
    expect(observe(unknownHealth, pings, { ...disabled, ...changed }, rules).isHealed).toBe(isHealed);
  });

  test.each<[string, number, number | null, boolean]>([
    ['an event type that it does not know, having failed with 500', 400, 500, true],
    ['it by another code than it failed with', 404, 400, true],
    ['it after it could not be reached', 422, null, true],
    ['it for too many', 429, 500, false],
    ['it, or a proxy does', 407, 500, false],
    ['it by an error of its own', 500, 503, false],
  ])('#29 an endpoint that refuses %s: a ping of %i after %j', (_what, pinged, failed, isHealed) => {
    const failing = observe(unknownHealth, [outcome(-1, { responseCode: failed })], active, rules).health;
    const pings = [1, 2].map((at) => outcome(at, { kind: 'ping', status: 'failed_permanent', responseCode: pinged }));
    const { health, ...seen } = observe(failing, pings, disabled, rules);
    expect(seen.isHealed).toBe(isHealed);
    expect(health).toMatchObject({ lastPingDelivered: false, failedPings: isHealed ? 0 : 2 });
  });

  describe('#29 an endpoint that answers 400 to events and to pings alike', () => {
    const refused = (atMinute: number, kind: 'event' | 'ping') =>
      outcome(atMinute, { kind, status: 'failed_permanent', responseCode: 400 });
    const failing = observe(unknownHealth, [refused(-1, 'event')], active, rules).health;

    /** Pings until it is enabled. */
    const untilHealed = (before: WebhookHealth, disabledAtMinute: number) => {
      const webhook = { ...disabled, disabledAt: start + disabledAtMinute * minuteMs };
      let health = before;
      for (let pings = 1; pings <= 100; pings++) {
        const seen = observe(health, [refused(disabledAtMinute + pings, 'ping')], webhook, rules);
        ({ health } = seen);
        if (seen.isHealed) return { pings, health };
      }
      return { pings: null, health };
    };
    const recovering = { ...active, recoveringUntil: start + 100_000 * minuteMs };

    test('is tried with events after so many pings, though they were not taken', () => {
      const { pings, health } = untilHealed(failing, 0);
      expect(pings).toBe(2);
      expect(health).toMatchObject({ goodPings: 2, failedPings: 2, lastPingDelivered: false });
      const enabled = afterEnabling(health, start + 5 * minuteMs, true);
      expect(observe(enabled, [success(6)], recovering, rules)).toMatchObject({
        disable: null,
        health: { state: 'healthy' },
      });
    });

    test('is disabled after three events, tried again after pauses that have grown, and in the end no more', () => {
      let health = failing;
      let tries = 0;
      for (let at = 0; at < 10_000; at += 200) {
        const healed = untilHealed(health, at);
        if (healed.pings === null) break;
        tries += 1;
        const enabled = afterEnabling(healed.health, start + (at + 150) * minuteMs, true);
        const events = [1, 2, 3].map((nth) => refused(at + 150 + nth, 'event'));
        const relapse = observe(enabled, events, recovering, rules);
        expect(relapse.disable?.reason).toBe('3 attempts failed while it recovered.');
        expect(relapse.health).toMatchObject({ goodPings: 0, failedPings: 2 * tries });
        ({ health } = relapse);
      }
      expect(tries).toBe(10);
    });

    test('begins anew when it took an event, or when a person enabled it', () => {
      const { health } = untilHealed(failing, 0);
      const enabled = afterEnabling(health, start + 5 * minuteMs, true);
      const outcomes = [success(6), ...[7, 8, 9].map((at) => refused(at, 'event'))];
      const relapse = observe(enabled, outcomes, recovering, rules);
      expect(relapse.disable).not.toBeNull();
      expect(relapse.health.failedPings).toBe(0);
      expect(afterEnabling(health, start + 5 * minuteMs).failedPings).toBe(0);
    });

    test('is away when a ping in between is not answered', () => {
      const timeout = outcome(2, { kind: 'ping', reason: 'timeout', errorKind: 'timeout', responseCode: null });
      const pings = [refused(1, 'ping'), timeout, refused(3, 'ping')];
      expect(observe(failing, pings, disabled, rules)).toMatchObject({ isHealed: false, health: { failedPings: 3 } });
    });
  });

  test('switched off for all, nothing comes back', () => {
    const never = { ...rules, goodPingsToHeal: null };
    expect(observe(unknownHealth, [ping(1), ping(2), ping(3)], disabled, never).isHealed).toBe(false);
  });

  test('pings that fail are counted, so that the next ones come later', () => {
    const { health } = observe(unknownHealth, [ping(1, false), ping(2, false)], disabled, rules);
    expect(health).toMatchObject({ goodPings: 0, failedPings: 2, consecutiveFailures: 0 });
  });

  test('a few failures while it recovers are a relapse, however quick', () => {
    const recovering = { ...active, recoveringUntil: start + 60 * minuteMs };
    const strict = { ...rules, failureThreshold: 20 };
    const few = Array.from({ length: relapseFailures }, () => outcome(1));
    expect(observe(unknownHealth, few.slice(1), recovering, strict).disable).toBeNull();
    const { disable } = observe(unknownHealth, few, recovering, strict);
    expect(disable).toMatchObject({ by: 'failures', reason: '3 attempts failed while it recovered.' });
    expect(observe(unknownHealth, few, recovering, { ...strict, isPaused: true })).toMatchObject({
      disable: null,
      isHeld: true,
    });
  });
});

describe('a rate of failures', () => {
  const rate = { part: 0.95, attemptsMin: 40, windowMs: 120 * minuteMs };
  const rated = { ...rules, failureThreshold: 1_000, rate };
  /** One a minute; every 20th is delivered. */
  const nearlyAll = (from: number, count: number, changes: Partial<DeliveryOutcome> = {}) =>
    Array.from({ length: count }, (_, n) => (n % 20 === 10 ? success(from + n) : outcome(from + n, changes)));

  test('disables where single successes end every run of failures', () => {
    const { disable } = observe(unknownHealth, nearlyAll(0, 40), active, rated);
    expect(disable).toMatchObject({ by: 'failures', reason: '38 of 40 attempts failed within 120 minutes.' });
    expect(observe(unknownHealth, nearlyAll(0, 40), active, { ...rated, rate: null }).disable).toBeNull();
    expect(observe(unknownHealth, nearlyAll(0, 40), active, { ...rated, isEnabled: false }).disable).toBeNull();
  });

  test('is the same in one batch and in many, and over a restart', () => {
    let health = unknownHealth;
    const decisions = nearlyAll(0, 40).map((each) => {
      const observed = observe(health, [each], active, rated);
      health = JSON.parse(JSON.stringify(observed.health)) as WebhookHealth;
      return observed.disable?.by ?? null;
    });
    expect(decisions.indexOf('failures')).toBe(39);
  });

  test('disables only while the last attempt failed', () => {
    expect(observe(unknownHealth, [...nearlyAll(0, 60), success(60)], active, rated).disable).toBeNull();
  });

  test('says nothing while most webhooks fail at once, nor of what failed then when that is over', () => {
    const paused = observe(unknownHealth, nearlyAll(0, 60), active, { ...rated, isPaused: true });
    expect([paused.disable, paused.health.rate]).toEqual([null, []]);
    expect(observe(paused.health, [success(61), outcome(62)], active, rated).disable).toBeNull();
  });

  test('does not count addresses that are refused, other URLs, pings, nor what was before it was enabled', () => {
    const refused = { status: 'failed_permanent', reason: 'refused_address', latencyMs: null } as const;
    const changes: Partial<DeliveryOutcome>[] = [refused, { targetVersion: 7 }, { kind: 'ping' }];
    for (const change of changes) {
      const { disable } = observe(unknownHealth, nearlyAll(0, 60, change), active, rated);
      expect(disable).toBeNull();
    }
    const enabled = afterEnabling(
      observe(unknownHealth, nearlyAll(0, 30), active, rated).health,
      start + 100 * minuteMs,
    );
    expect(enabled.rate).toEqual([]);
    expect(observe(enabled, nearlyAll(0, 60), active, rated).disable).toBeNull();
  });

  test('is told of half way, once, and single successes are no recovery', () => {
    const outcomes = nearlyAll(0, 39);
    let health = unknownHealth;
    const types: string[] = [];
    const see = (each: DeliveryOutcome) => {
      const observed = observe(health, [each], active, rated);
      ({ health } = observed);
      types.push(...observed.notices.map(({ type }) => type));
    };
    outcomes.forEach(see);
    expect(types).toEqual(['webhook.failing']);
    for (let at = 40; at < 50; at++) see(success(at));
    expect(types).toEqual(['webhook.failing', 'webhook.recovered']);
  });
});

describe('notices', () => {
  const told = { ...rules, failureThreshold: 10 };
  const typesOf = (health: WebhookHealth, outcomes: DeliveryOutcome[], webhook = active) => {
    const observed = observe(health, outcomes, webhook, told);
    return { ...observed, types: observed.notices.map(({ type }) => type) };
  };

  test('a run of failures is told once, half way to being disabled, and its end once', () => {
    const begin = typesOf(
      unknownHealth,
      [0, 1, 2, 3].map((at) => outcome(at)),
    );
    expect(begin.types).toEqual([]);
    const half = typesOf(begin.health, [outcome(5, { responseCode: 503 })]);
    expect(half.types).toEqual(['webhook.failing']);
    expect(half.notices[0]?.data).toMatchObject({
      consecutiveFailures: 5,
      responseCode: 503,
      disabledAfter: { consecutiveFailures: 10, minutes: 10 },
    });
    const more = typesOf(half.health, [outcome(6), outcome(7)]);
    expect(more.types).toEqual([]);
    const end = typesOf(more.health, [success(8)]);
    expect(end.types).toEqual(['webhook.recovered']);
    expect(typesOf(end.health, [success(9)]).types).toEqual([]);
  });

  test('a success after failures that were not told is no news', () => {
    expect(typesOf(unknownHealth, [outcome(0), success(1)]).types).toEqual([]);
  });

  test('deliveries that were given up are told of together, pings and notices are not', () => {
    const exhausted = (id: string, changes: Partial<DeliveryOutcome> = {}) =>
      outcome(1, { deliveryId: id, status: 'failed_permanent', reason: 'exhausted', ...changes });
    const { notices } = typesOf(unknownHealth, [
      exhausted('a'),
      exhausted('b'),
      exhausted('c', { eventType: 'webhook.delivery.exhausted' }),
      exhausted('d', { eventType: 'webhook.disabled' }),
      exhausted('e', { kind: 'ping' }),
    ]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({
      type: 'webhook.delivery.exhausted',
      data: { count: 2, deliveries: [{ deliveryId: 'a' }, { deliveryId: 'b' }] },
    });
  });
});
