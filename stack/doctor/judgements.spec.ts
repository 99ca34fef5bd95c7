import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import { judgeClock, judgeEgress, judgeGroup, judgeKeys } from './judgements.ts';

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

describe('a clock', () => {
  test.each([
    [12, 'ok', '12 ms ahead of'],
    [-999, 'ok', '999 ms behind'],
    [-1_000, 'warning', '1000 ms behind'],
    [29_999, 'warning', '29999 ms ahead of'],
    [30_000, 'error', '30000 ms ahead of'],
  ])('%d ms ahead', (aheadMs, severity, words) => {
    const finding = judgeClock('Kafka', aheadMs);
    expect(finding.severity).toBe(severity);
    expect(finding.says).toContain(words);
  });
});

describe('keys', () => {
  const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
  const [first, old, lost] = [key('k2'), key('k1'), key('k0')];
  const sealedBy = (by: string) => [new SecretBox([by]).seal('s')];
  const severityOf = (keyId: string, samples: readonly string[]) =>
    judgeKeys([first, old], [{ keyId, count: 3, samples }])[0];

  test('that open what they sealed are well', () => {
    expect(severityOf('k2', sealedBy(first))).toMatchObject({ severity: 'ok' });
    expect(judgeKeys([first], [])).toMatchObject([{ severity: 'ok', says: 'nothing is sealed yet' }]);
  });

  test('that are not the first have to be kept', () => {
    expect(severityOf('k1', sealedBy(old))).toMatchObject({ severity: 'notice' });
  });

  test('that are gone, and such as are another key under the same name, leave secrets shut', () => {
    expect(severityOf('k0', sealedBy(lost))).toMatchObject({ severity: 'error', remedy: /add k0/ });
    expect(severityOf('k1', sealedBy(key('k1')))).toMatchObject({ severity: 'error', says: /do not open/ });
  });
});

describe('egress', () => {
  const closed = { schemes: ['https'], ports: ['443'], allowed: [], refused: [], active: 2 };

  test('that is closed is well', () => {
    expect(judgeEgress(closed)).toMatchObject([{ severity: 'ok' }]);
  });

  test('that is opened is told', () => {
    const opened = { ...closed, schemes: ['https', 'http'], ports: ['*'], allowed: ['127.0.0.0/8'] };
    expect(judgeEgress(opened).map(({ severity }) => severity)).toEqual(['notice', 'notice', 'notice', 'ok']);
  });

  test('that refuses webhooks which are active names a few of them', () => {
    const refused = Array.from({ length: 9 }, (_, index) => ({ webhookId: `wh-${index}`, message: 'Port 1.' }));
    const [finding] = judgeEgress({ ...closed, refused, active: 20 });
    expect(finding).toMatchObject({ severity: 'warning', says: /^9 of 20 .* wh-4: Port 1\.$/ });
  });
});
