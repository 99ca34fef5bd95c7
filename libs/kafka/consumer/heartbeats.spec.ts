import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Logger } from '../../runtime/logger.ts';
import type { GroupMember } from './group-member.ts';
import { Heartbeats } from './heartbeats.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

function beating(answer: () => Promise<'ok' | 'rejoin'>) {
  const heard: string[] = [];
  const member = { heartbeat: answer } as unknown as GroupMember;
  const hooks = {
    rejoin: () => heard.push('rejoin'),
    answered: () => heard.push('answered'),
    lost: () => heard.push('lost'),
  };
  return { heard, heartbeats: new Heartbeats(member, hooks, silent) };
}

test('silence is counted from the last answer, and is none for who is no member', async () => {
  let answer: () => Promise<'ok'> = () => Promise.resolve('ok');
  const { heartbeats, heard } = beating(() => answer());
  expect(heartbeats.silentMs).toBe(0);
  heartbeats.start();
  await jest.advanceTimersByTimeAsync(1_000);
  expect([heartbeats.silentMs, heard]).toEqual([0, ['answered']]);
  answer = () => Promise.reject(new Error('no coordinator'));
  await jest.advanceTimersByTimeAsync(3_400);
  expect(heartbeats.silentMs).toBe(3_400);
  heartbeats.stop();
  expect(heartbeats.silentMs).toBe(0);
});

test('an answer is as old as its question: what was frozen in between is silent', async () => {
  let answered: (answer: 'ok') => void = () => undefined;
  const { heartbeats } = beating(() => new Promise((resolve) => (answered = resolve)));
  heartbeats.start();
  await jest.advanceTimersByTimeAsync(17_000);
  answered('ok');
  await jest.advanceTimersByTimeAsync(0);
  expect(heartbeats.silentMs).toBe(16_000);
  heartbeats.stop();
});

test('a clock that is set back ends no silence', async () => {
  const { heartbeats } = beating(() => Promise.reject(new Error('no coordinator')));
  heartbeats.start();
  await jest.advanceTimersByTimeAsync(6_000);
  jest.setSystemTime(Date.now() - 3_600_000);
  expect(heartbeats.problem()).toBe('the group coordinator does not answer');
  heartbeats.stop();
});

test('a session without an answer is lost, also while a heartbeat is under way', async () => {
  const { heartbeats, heard } = beating(() => new Promise(() => undefined));
  heartbeats.start();
  await jest.advanceTimersByTimeAsync(9_999);
  expect(heard).toEqual([]);
  await jest.advanceTimersByTimeAsync(1);
  expect(heard).toEqual(['lost']);
  heartbeats.stop();
});
