import { expect, test } from '@jest/globals';
import { StartPermit } from './start-permit.ts';

function permit(options: { readonly commitWaitMsMax?: number } = {}) {
  const heartbeats = { silentMs: 0 };
  const committer = { oldestMs: 0 };
  const calls = { started: 0 };
  const onMayStart = () => (calls.started += 1);
  return { heartbeats, committer, calls, permit: new StartPermit(heartbeats, committer, { ...options, onMayStart }) };
}

test.each([
  { silentMs: 3_333, oldestMs: 1_000, may: true },
  { silentMs: 3_334, oldestMs: 0, may: false },
  { silentMs: 0, oldestMs: 1_001, may: false },
])('silent for $silentMs ms, a commit waiting for $oldestMs ms: $may', ({ silentMs, oldestMs, may }) => {
  const { permit: asked, heartbeats, committer } = permit();
  heartbeats.silentMs = silentMs;
  committer.oldestMs = oldestMs;
  expect(asked.mayStart()).toBe(may);
});

test('the wait for a commit has a bound of its own', () => {
  const { permit: asked, committer } = permit({ commitWaitMsMax: 2_000 });
  committer.oldestMs = 2_000;
  expect(asked.mayStart()).toBe(true);
});

test('who was told no hears once when it is yes again; who never asked hears nothing', () => {
  const { permit: asked, committer, calls } = permit();
  asked.lookAgain();
  committer.oldestMs = 5_000;
  asked.lookAgain();
  expect(calls.started).toBe(0);
  expect(asked.mayStart()).toBe(false);
  asked.lookAgain();
  expect(calls.started).toBe(0);
  committer.oldestMs = 0;
  asked.lookAgain();
  asked.lookAgain();
  expect(calls.started).toBe(1);
});
