import { expect, test } from '@jest/globals';
import { examinePooler, judgeConnection } from './pooler.ts';

test.each([
  ['sessions', []],
  ['transactions', [{ area: 'database', severity: 'notice', remedy: expect.stringContaining('setup') }]],
  [
    'lossy transactions',
    [{ area: 'database', severity: 'error', remedy: expect.stringContaining('pool_mode=session') }],
  ],
] as const)('a database that gives %s', (kind, findings) => {
  expect(judgeConnection(kind)).toMatchObject(findings);
});

test('of a database that does not answer nothing is said here', async () => {
  expect(await examinePooler('postgresql://127.0.0.1:1/none')).toEqual([]);
});
