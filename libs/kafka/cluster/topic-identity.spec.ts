import { describe, expect, test } from '@jest/globals';
import { TopicIdentity } from './topic-identity.ts';

const restMs = 4_000;
const read = () => false;

function identityOf(topics: readonly string[]) {
  const cluster = {
    ids: new Map<string, string>(),
    /** Null: its leader does not answer. */
    ends: new Map<string, number | null>(),
    nowMs: 0,
  };
  const link = {
    topicIds: () => Promise.resolve(new Map(cluster.ids)),
    partitionsOf: () => [0, 1],
    offsets: () =>
      Promise.resolve(new Map([...cluster.ends].filter((end): end is [string, number] => end[1] !== null))),
  };
  return { identity: new TopicIdentity(link, topics, restMs, () => cluster.nowMs), cluster };
}

describe('a topic', () => {
  test('was made anew when its id is another', async () => {
    const { identity, cluster } = identityOf(['a', 'b']);
    cluster.ids = new Map([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(await identity.madeAnew(read)).toEqual([]);
    cluster.ids.delete('b');
    expect(await identity.madeAnew(read)).toEqual([]);
    cluster.ids.set('b', '3');
    expect(await identity.madeAnew(read)).toEqual(['b']);
    expect(await identity.madeAnew(read)).toEqual(['b']);
  });

  test('of which nothing was read is taken as it is', async () => {
    const { identity, cluster } = identityOf(['a']);
    cluster.ids.set('a', '1');
    await identity.madeAnew(read);
    cluster.ids.set('a', '2');
    expect(await identity.madeAnew(() => true)).toEqual([]);
    expect(await identity.madeAnew(read)).toEqual([]);
  });

  test('was never made anew where there are no ids', async () => {
    const { identity } = identityOf(['a']);
    expect(await identity.madeAnew(read)).toEqual([]);
    expect(await identity.madeAnew(read)).toEqual([]);
  });
});

describe('a topic that was made anew', () => {
  test('is written when it holds something and rests', async () => {
    const { identity, cluster } = identityOf(['a']);
    const lookAt = (nowMs: number, ends: readonly (number | null)[]) => {
      cluster.nowMs = nowMs;
      cluster.ends = new Map(ends.map((end, partition) => [`a-${partition}`, end]));
      return identity.areWritten(['a'], 2);
    };
    expect(await lookAt(0, [0, 0])).toBe(false);
    expect(await lookAt(90_000, [0, 0])).toBe(false);
    // One change is not what was there.
    for (const nowMs of [91_000, 300_000]) expect(await lookAt(nowMs, [0, 1])).toBe(false);
    expect(await lookAt(395_000, [0, 3])).toBe(false);
    expect(await lookAt(400_000, [2, 3])).toBe(false);
    expect(await lookAt(403_000, [2, 3])).toBe(false);
    expect(await lookAt(405_000, [null, 3])).toBe(false);
    expect(await lookAt(405_000, [2, 3])).toBe(true);
  });

  test('and is written all the time is taken for filled after a minute', async () => {
    const { identity, cluster } = identityOf(['a']);
    const written: boolean[] = [];
    for (let looks = 0; looks <= 12; looks += 1) {
      cluster.nowMs = looks * 5_000;
      cluster.ends = new Map([
        ['a-0', looks + 1],
        ['a-1', 0],
      ]);
      written.push(await identity.areWritten(['a'], 1));
    }
    expect(written.indexOf(true)).toBe(12);
  });
});
