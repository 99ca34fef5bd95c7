/** Which signals end a command at once, on a clock that stands still. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Ending } from './ending.ts';

let cut: (string | null)[];
let ending: Ending;

beforeEach(() => {
  jest.useFakeTimers();
  cut = [];
  ending = new Ending({ cutOff: (leftBehind) => cut.push(leftBehind) });
});
afterEach(() => {
  jest.useRealTimers();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.removeAllListeners(name);
});

const interrupt = () => process.emit('SIGINT');

test('a second Ctrl-C ends it at once, and names what stays behind', () => {
  ending.leftBehind = 'a webhook';
  interrupt();
  expect(ending.signal.aborted).toBe(true);
  jest.advanceTimersByTime(60_000);
  expect(cut).toEqual([]);
  interrupt();
  expect(cut).toEqual(['a webhook']);
});

test('what npm and a terminal both pass on of one Ctrl-C is one', () => {
  ending.leftBehind = 'a webhook';
  interrupt();
  interrupt();
  process.emit('SIGTERM');
  jest.advanceTimersByTime(200);
  interrupt();
  expect(cut).toEqual([]);
});

test('a supervisor that asks again gets no more for it', () => {
  ending.leftBehind = 'a webhook';
  for (let times = 0; times < 3; times += 1) {
    process.emit('SIGTERM');
    jest.advanceTimersByTime(10_000);
  }
  expect(cut).toEqual([]);
});

test('where nothing is to be cleaned up, what does not hear of the end is not waited for', () => {
  interrupt();
  jest.advanceTimersByTime(1_900);
  expect(cut).toEqual([]);
  jest.advanceTimersByTime(200);
  expect(cut).toEqual([null]);
});

test('who has just cleaned up has a moment to say what came of it', () => {
  ending.leftBehind = 'a webhook';
  interrupt();
  jest.advanceTimersByTime(5_900);
  ending.leftBehind = null;
  jest.advanceTimersByTime(2_000);
  expect(cut).toEqual([]);
  jest.advanceTimersByTime(1_000);
  expect(cut).toEqual([null]);
});
