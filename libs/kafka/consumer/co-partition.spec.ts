import { describe, expect, test } from '@jest/globals';
import {
  coPartition,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Member,
} from './co-partition.ts';

const counts: Record<string, number> = { main: 4, parked: 4, small: 1 };

function assigned(members: Member[]) {
  return Object.fromEntries(coPartition(members, (topic) => counts[topic] ?? 0));
}

describe('members of a group', () => {
  test('get the same partition numbers of every topic, whatever the order in which they joined', () => {
    const members = ['b', 'a'].map((memberId) => ({ memberId, topics: ['parked', 'main'] }));
    expect(assigned(members)).toEqual({
      a: { main: [0, 2], parked: [0, 2] },
      b: { main: [1, 3], parked: [1, 3] },
    });
    expect(assigned([...members].reverse())).toEqual(assigned(members));
  });

  test('get all when alone, and nothing when they are too many', () => {
    expect(assigned([{ memberId: 'a', topics: ['small'] }])).toEqual({ a: { small: [0] } });
    expect(assigned(['a', 'b'].map((memberId) => ({ memberId, topics: ['small'] })))).toEqual({
      a: { small: [0] },
      b: {},
    });
  });

  test('get nothing of a topic that they did not ask for', () => {
    expect(
      assigned([
        { memberId: 'a', topics: ['main'] },
        { memberId: 'b', topics: ['main', 'small'] },
      ]),
    ).toEqual({ a: { main: [0, 2] }, b: { main: [1, 3], small: [0] } });
  });
});

test('what travels comes back', () => {
  expect(decodeSubscription(encodeSubscription(['a', 'b']))).toEqual(['a', 'b']);
  expect(decodeAssignment(encodeAssignment({ a: [0, 2] }))).toEqual({ a: [0, 2] });
  expect(decodeAssignment(Buffer.alloc(0))).toEqual({});
});
