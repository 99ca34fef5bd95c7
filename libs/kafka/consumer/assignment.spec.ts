import { expect, test } from '@jest/globals';
import { leasesOf, type AssignmentTerms } from './assignment.ts';
import type { ClusterLink } from '../cluster/cluster-link.ts';
import type { GroupMember } from './group-member.ts';

interface Known {
  /** Of an earlier stay of this process. */
  readonly readTo?: number;
  /** By the app. */
  readonly knownEnd?: number;
  readonly positioned?: readonly string[];
  readonly committed?: number | null;
  readonly topicIds?: () => Promise<ReadonlyMap<string, string>>;
}

/** Ends of the log of one partition, as they are told one after the other; 50 is committed, where nothing else is said. */
async function leaseWith(ends: readonly number[], known: Known = {}, isOver = false) {
  let asked = 0;
  const link = {
    cluster: { refreshMetadata: () => Promise.resolve() },
    topicIds: known.topicIds ?? (() => Promise.resolve(new Map())),
    offsetRanges: () => {
      const end = ends[Math.min(asked, ends.length - 1)] ?? 0;
      asked += 1;
      return Promise.resolve(new Map([['t-0', { start: 0, end }]]));
    },
  } as unknown as ClusterLink;
  const { committed = 50, positioned, knownEnd, readTo = 0 } = known;
  const member = {
    committed: () => Promise.resolve(new Map(committed === null ? [] : [['t-0', { offset: committed, metadata: '' }]])),
  } as unknown as GroupMember;
  const terms = {
    assigned: [{ topic: 't', partition: 0 }],
    epoch: 1,
    options: { positioned, ...(knownEnd === undefined ? {} : { knownEnd: () => knownEnd }) },
    past: { readTo: () => readTo },
    pause: { isOver, for: () => Promise.resolve() },
  } as unknown as AssignmentTerms;
  const { leases } = await leasesOf(terms, member, link);
  const { lost, position, endOffset, topicId } = leases[0] ?? {};
  return { asked, lost: lost?.reason ?? null, next: position?.next, endOffset, topicId };
}

test('a commit beyond the end of what one leader tells is looked at again, under the present leader', async () => {
  expect(await leaseWith([40, 60])).toMatchObject({ asked: 2, lost: null, next: 50 });
});

test('a log that goes on ending before what was committed is read from its first record', async () => {
  expect(await leaseWith([40])).toMatchObject({ asked: 6, lost: 'ahead', next: 0 });
});

test.each<[string, Known]>([
  ['was read in an earlier stay', { readTo: 80 }],
  ['the app knows', { knownEnd: 80 }],
])(
  'an end before what %s is not believed at once',
  async (_, known) => {
    expect(await leaseWith([60, 60, 90], known)).toMatchObject({ asked: 3, endOffset: 90, lost: null, next: 50 });
    expect(await leaseWith([60], known)).toMatchObject({ asked: 6, endOffset: 60, lost: null, next: 50 });
  },
  90_000,
);

test('without a commit nothing of an earlier stay is looked for', async () => {
  expect(await leaseWith([60], { readTo: 80, committed: null })).toMatchObject({ asked: 1, endOffset: 60 });
});

test('who is to leave does not take the word of a leader of before', async () => {
  await expect(leaseWith([40], {}, true)).rejects.toThrow('stopped before it was known where the log ends');
});

test('the id of a topic comes with its lease where an app keeps more than offsets', async () => {
  const topicIds = () => Promise.resolve(new Map([['t', 'id']]));
  expect(await leaseWith([60], { topicIds, positioned: ['parked'] })).toMatchObject({ topicId: 'id' });
  expect(await leaseWith([60], { topicIds })).toMatchObject({ topicId: null });
  const refused = () => Promise.reject(new Error('no controller answers'));
  expect(await leaseWith([60], { topicIds: refused, positioned: ['parked'] })).toMatchObject({
    topicId: null,
    next: 50,
  });
});
