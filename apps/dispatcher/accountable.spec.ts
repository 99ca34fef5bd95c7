import { expect, test } from '@jest/globals';
import { Accountable } from './accountable.ts';

const well = { waiting: { records: 0, bytes: 0 }, silentMs: 0 };

test.each([
  ['all is acknowledged', {}, true, true],
  ['nothing was acknowledged for a second', { silentMs: 1_000 }, true, true],
  ['nothing was acknowledged for longer', { silentMs: 1_001 }, true, false],
  ['too many records wait', { waiting: { records: 20_000, bytes: 0 } }, true, false],
  ['too many bytes wait', { waiting: { records: 1, bytes: 32 * 1024 * 1024 } }, true, false],
  ['commits or heartbeats have no answer', {}, false, false],
])('when %s', (_name, sink, mayConsume, mayStart) => {
  const accountable = new Accountable({ sink: { ...well, ...sink }, waitMsMax: 1_000 });
  accountable.follow(() => mayConsume);
  expect(accountable.mayStart()).toBe(mayStart);
});
