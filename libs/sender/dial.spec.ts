import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Dial } from './dial.ts';
import type { ResolvedAddress } from './name-resolver.ts';

const tried: string[] = [];
const undelayed = new Set<Socket>();

beforeEach(() => {
  jest.useFakeTimers();
  tried.length = 0;
  undelayed.clear();
  jest.spyOn(Socket.prototype, 'setNoDelay').mockImplementation(function (this: Socket) {
    undelayed.add(this);
    return this;
  });
  jest.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, options: unknown) {
    expect(undelayed.has(this)).toBe(true);
    tried.push((options as { host: string }).host);
    return this;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const many = (family: 4 | 6, count: number): ResolvedAddress[] =>
  Array.from({ length: count }, (_, index) => ({ address: `${family}-${index}`, family }));

test.each<[string, ResolvedAddress[], string[]]>([
  ['few', [...many(4, 2), ...many(6, 2)], ['4-0', '4-1', '6-0', '6-1']],
  ['many of one family', many(4, 1_000), ['4-0', '4-1', '4-2', '4-3', '4-4', '4-5']],
  ['many of both', [...many(4, 1_000), ...many(6, 1_000)], ['4-0', '4-1', '4-2', '6-0', '6-1', '6-2']],
  ['many beside one', [...many(6, 1_000), ...many(4, 1)], ['6-0', '6-1', '6-2', '6-3', '6-4', '4-0']],
])('of a name with %s addresses six at most are tried, of each family', (_name, addresses, expected) => {
  const dial = new Dial(addresses, 443, () => undefined);
  jest.advanceTimersByTime(60_000);
  expect(tried).toEqual(expected);
  dial.cancel();
});
