import { describe, expect, test } from '@jest/globals';
import {
  afterChanges,
  changeableSettings,
  changesIn,
  settingProblems,
  settingsInForce,
  type ChangeableSettings,
} from './changed-settings.ts';

const environment: ChangeableSettings = {
  '/webhooksPerClientMax': 1_000,
  '/retryPolicy/default/maxAttempts': 6,
  '/retryPolicy/default/baseDelayMs': 5_000,
  '/retryPolicy/default/maxDelayMs': 86_400_000,
  '/retryPolicy/default/backoffFactor': 12,
  '/retryPolicy/default/jitter': 0.2,
  '/timeoutMs/default': 5_000,
  '/signature/algorithm': 'hmac-sha256',
  '/autoDisable/isEnabled': true,
  '/autoDisable/failureThreshold': 20,
  '/autoDisable/minMinutes': 60,
  '/autoDisable/failureRatePercent': 95,
};
const limits = {
  attemptsMax: 10,
  delayMsMin: 2_000,
  delayMsMax: 86_400_000,
  timeoutMsMax: 9_000,
  ageMsMax: 72 * 3_600_000,
};

describe('a change', () => {
  test('says what it names, by pointer', () => {
    const patch = {
      webhooksPerClientMax: 7,
      retryPolicy: { default: { maxAttempts: 3, jitter: null } },
      autoDisable: { isEnabled: false },
      signature: {},
    };
    expect(changesIn(patch)).toEqual({
      '/webhooksPerClientMax': 7,
      '/retryPolicy/default/maxAttempts': 3,
      '/retryPolicy/default/jitter': null,
      '/autoDisable/isEnabled': false,
    });
  });

  test.each([
    [{ retryPolicy: null }, '/retryPolicy/'],
    [{ retryPolicy: { default: null } }, '/retryPolicy/'],
    [{ autoDisable: null }, '/autoDisable/'],
  ])('%j takes all of them back', (patch, below) => {
    const names = changeableSettings.filter((name) => name.startsWith(below));
    expect(names.length).toBeGreaterThan(3);
    expect(changesIn(patch)).toEqual(Object.fromEntries(names.map((name) => [name, null])));
  });

  test('is kept as what differs from the environment, and null as nothing', () => {
    const changed = { '/timeoutMs/default': 7_000, '/autoDisable/isEnabled': false };
    const changes = { '/timeoutMs/default': null, '/webhooksPerClientMax': 5 };
    expect(afterChanges(changed, changes)).toEqual({ '/webhooksPerClientMax': 5, '/autoDisable/isEnabled': false });
  });
});

test('what was changed counts, the environment where nothing was, and limits over both', () => {
  const inForce = settingsInForce(
    { ...environment, '/retryPolicy/default/baseDelayMs': 1_000 },
    { '/timeoutMs/default': 20_000, '/autoDisable/isEnabled': false, '/retryPolicy/default/maxAttempts': 20 },
    limits,
  );
  expect(inForce).toEqual({
    ...environment,
    '/timeoutMs/default': 9_000,
    '/autoDisable/isEnabled': false,
    '/retryPolicy/default/maxAttempts': 10,
    '/retryPolicy/default/baseDelayMs': 2_000,
  });
});

test('a first delay beyond the longest is the longest', () => {
  const { '/retryPolicy/default/maxDelayMs': longest } = settingsInForce(
    { ...environment, '/retryPolicy/default/baseDelayMs': 9_000, '/retryPolicy/default/maxDelayMs': 3_000 },
    {},
    limits,
  );
  expect(longest).toBe(9_000);
});

describe('of a change is refused', () => {
  const refused = (changes: object, changed: object = {}) =>
    settingProblems(environment, changed, changes, limits).map(({ path, rule }) => `${path} ${rule}`);

  test('what is beyond a limit, each at its place', () => {
    expect(
      refused({
        '/timeoutMs/default': 9_001,
        '/retryPolicy/default/maxAttempts': 11,
        '/retryPolicy/default/baseDelayMs': 1_999,
        '/webhooksPerClientMax': 1_000_000,
      }),
    ).toEqual([
      '/timeoutMs/default maximum',
      '/retryPolicy/default/maxAttempts maximum',
      '/retryPolicy/default/baseDelayMs minimum',
    ]);
  });

  test('what does not go with what counts beside it', () => {
    const short = { '/retryPolicy/default/maxDelayMs': 4_000 };
    expect(refused(short)).toEqual(['/retryPolicy/default/maxDelayMs minimum']);
    expect(refused(short, { '/retryPolicy/default/baseDelayMs': 3_000 })).toEqual([]);
    // 5 s, 1 min, 12 min, 2.4 h, then a day each.
    expect(refused({ '/retryPolicy/default/maxAttempts': 7 })).toEqual([]);
    expect(refused({ '/retryPolicy/default/maxAttempts': 9 })).toEqual(['/retryPolicy/default/maxAttempts maximum']);
  });

  test('nothing of what it does not name', () => {
    const from = { '/retryPolicy/default/maxAttempts': 9, '/timeoutMs/default': 20_000 };
    expect(refused({ '/webhooksPerClientMax': 1 }, from)).toEqual([]);
  });
});
