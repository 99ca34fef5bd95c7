import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import { judgeGroup, judgeIndexes, judgeSweeps } from '../../libs/domain/system/judgements.ts';
import { judgeDisk } from './disk.ts';
import { judgeClocks, judgeEgress, judgeKeys, judgeVersions } from './judgements.ts';

describe('a consumer group', () => {
  test.each([
    ['that keeps up', { members: 2, lag: 9_999 }, 'ok'],
    ['that is behind', { members: 1, lag: 10_000 }, 'warning'],
    ['that is far behind', { members: 1, lag: 500_000 }, 'error'],
    ['of which nobody runs', { members: 0, lag: 0 }, 'error'],
  ])('%s', (_what, state, severity) => {
    expect(judgeGroup({ app: 'fanout', ...state }).severity).toBe(severity);
  });
});

test('a dispatcher that is switched off is no trouble, one that is not though it should be is', () => {
  const state = { app: 'dispatcher', lag: 900_000, isSwitchedOff: true };
  expect(judgeGroup({ ...state, members: 0 })).toMatchObject({
    severity: 'notice',
    says: expect.stringMatching(/900000 deliveries wait/),
  });
  expect(judgeGroup({ ...state, members: 2 })).toMatchObject({
    severity: 'warning',
    says: expect.stringMatching(/2 consuming, although/),
  });
});

test('apps of several versions are told, those of one are not', () => {
  const of = (app: string, version: string) => ({ app, version });
  expect(judgeVersions([of('fanout', '1.0.0'), of('monitor', '1.0.0')])).toEqual([]);
  expect(judgeVersions([of('fanout', '1.0.0'), of('monitor', '1.1.0'), of('projector', '1.0.0')])).toMatchObject([
    { severity: 'warning', says: 'several versions run: 1.0.0 (fanout, projector), 1.1.0 (monitor)' },
  ]);
});

test.each([
  [2_000, 'ok'],
  [1_999, 'warning'],
  [499, 'error'],
])('%i MB of free disk', (megabytes, severity) => {
  expect(judgeDisk(megabytes, '/data').severity).toBe(severity);
});

describe('clocks', () => {
  test.each([
    [999, 0, 'ok', 'within a second'],
    [-1_000, 0, 'warning', 'fanout 1.0 s behind'],
    [1_900, 1_000, 'ok', 'within a second'],
    [2_000, 1_000, 'warning', 'fanout 2.0 s ahead'],
    [29_999, 0, 'warning', 'fanout 30.0 s ahead'],
    [-30_000, 0, 'error', 'fanout 30.0 s behind'],
  ])('%d ms ahead, give or take %d', (aheadMs, errorMs, severity, words) => {
    expect(judgeClocks([{ what: 'fanout', aheadMs, errorMs }])).toMatchObject([
      { severity, says: expect.stringContaining(words) },
    ]);
  });

  test('those that agree are one finding, and those that do not', () => {
    const readings = ['a', 'b', 'c', 'd'].map((what, index) => ({ what, aheadMs: index * -900, errorMs: 0 }));
    expect(judgeClocks(readings)).toMatchObject([
      { severity: 'ok', says: expect.stringMatching(/: a, b$/) },
      { severity: 'warning', says: expect.stringMatching(/: c 1\.8 s behind, d 2\.7 s behind$/) },
    ]);
  });
});

test('sweeps of housekeeping that are late are named, others are no news', () => {
  const hours = (name: string, count: number) => ({ name, ageMs: count * 3_600_000 });
  expect(judgeSweeps([hours('stats', 1), hours('health', 3)])).toEqual([]);
  expect(judgeSweeps([hours('stats', 1), hours('health', 3.5), hours('pings', 50)])).toMatchObject([
    { severity: 'warning', says: 'housekeeping was last completed: health 3.5 h ago, pings 50.0 h ago' },
  ]);
});

test('indexes that are missing or half made are named, and no trouble while setup is at it', () => {
  const state = { missing: ['a', 'b'], invalid: ['c'], isUnderWay: false };
  expect(judgeIndexes({ ...state, missing: [], invalid: [] })).toEqual([]);
  expect(judgeIndexes(state)).toMatchObject([
    { severity: 'warning', says: 'indexes missing: a, b; half made: c', remedy: expect.stringMatching(/run setup/) },
  ]);
  expect(judgeIndexes({ ...state, missing: [], isUnderWay: true })).toMatchObject([
    { severity: 'notice', says: 'indexes half made: c', remedy: expect.stringMatching(/setup is running/) },
  ]);
});

describe('keys', () => {
  const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
  const [first, old, lost] = [key('k2'), key('k1'), key('k0')];
  const sealedBy = (by: string) => [new SecretBox([by]).seal('s')];
  const severityOf = (keyId: string, samples: readonly string[]) =>
    judgeKeys([first, old], [{ kind: 'secret', keyId, count: 3, samples }])[0];

  test('that open what they sealed are well', () => {
    expect(severityOf('k2', sealedBy(first))).toMatchObject({ severity: 'ok' });
    expect(judgeKeys([first], [])).toMatchObject([{ severity: 'ok', says: 'nothing is sealed yet' }]);
  });

  test('that are not the first have to be kept', () => {
    expect(severityOf('k1', sealedBy(old))).toMatchObject({ severity: 'notice' });
  });

  test('that are gone, and such as are another key under the same name, leave secrets shut', () => {
    expect(severityOf('k0', sealedBy(lost))).toMatchObject({
      severity: 'error',
      remedy: expect.stringMatching(/add k0/),
    });
    expect(severityOf('k1', sealedBy(key('k1')))).toMatchObject({
      severity: 'error',
      says: expect.stringMatching(/do not open/),
    });
  });

  test('are needed for kept answers too, but only for a day', () => {
    const answers = (keyId: string, by: string) =>
      judgeKeys([first, old], [{ kind: 'answer', keyId, count: 3, samples: sealedBy(by) }])[0];
    expect(answers('k2', first)).toMatchObject({ severity: 'ok' });
    expect(answers('k1', old)).toMatchObject({ severity: 'notice', remedy: expect.stringMatching(/keep k1 .* 24 h/) });
    expect(answers('k0', lost)).toMatchObject({ severity: 'warning', remedy: expect.stringMatching(/add k0 .* 24 h/) });
  });
});

describe('egress', () => {
  const closed = { schemes: ['https'], ports: ['443'], allowed: [], refused: [], active: 2 };

  test('that is closed is well', () => {
    expect(judgeEgress(closed)).toMatchObject([{ severity: 'ok' }]);
  });

  test('#64 on a network with NAT64 of its own says what to open', () => {
    const [finding] = judgeEgress({ ...closed, refusedTranslation: '64:ff9b:1::c000:aa' });
    expect(finding).toMatchObject({ severity: 'warning', says: expect.stringContaining('64:ff9b:1::c000:aa') });
    expect(JSON.stringify(finding)).toContain('64:ff9b:1::/96');
  });

  test('that is opened is told', () => {
    const opened = { ...closed, schemes: ['https', 'http'], ports: ['*'], allowed: ['127.0.0.0/8'] };
    expect(judgeEgress(opened).map(({ severity }) => severity)).toEqual(['notice', 'notice', 'notice', 'ok']);
  });

  test.each([['0.0.0.0/0'], ['::/0'], ['128.0.0.0/1'], ['fc00::/6']])('that %s opens is too open', (range) => {
    expect(judgeEgress({ ...closed, allowed: ['10.0.0.0/8', 'fc00::/7', '10.1.2.3', range] })[0]).toMatchObject({
      severity: 'warning',
      says: expect.stringContaining(`opens ${range}, which`),
    });
  });

  test('that refuses webhooks which are active names a few of them', () => {
    const refused = Array.from({ length: 9 }, (_, index) => ({ webhookId: `wh-${index}`, message: 'Port 1.' }));
    const [finding] = judgeEgress({ ...closed, refused, active: 20 });
    expect(finding).toMatchObject({ severity: 'warning', says: expect.stringMatching(/^9 of 20 .* wh-4: Port 1\.$/) });
  });
});
