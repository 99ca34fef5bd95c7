import { expect, test } from '@jest/globals';
import { leasesOf, type AssignmentTerms } from './assignment.ts';
import type { ClusterLink } from './cluster-link.ts';
import type { GroupMember } from './group-member.ts';

/** Ends of the log of one partition, as they are told one after the other; 50 is committed. */
async function leaseWith(...ends: number[]) {
  let asked = 0;
  const link = {
    cluster: { refreshMetadata: () => Promise.resolve() },
    topicIds: () => Promise.resolve(new Map()),
    offsetRanges: () => {
      const end = ends[Math.min(asked, ends.length - 1)] ?? 0;
      asked += 1;
      return Promise.resolve(new Map([['t-0', { start: 0, end }]]));
    },
  } as unknown as ClusterLink;
  const member = {
    committed: () => Promise.resolve(new Map([['t-0', { offset: 50, metadata: '' }]])),
  } as unknown as GroupMember;
  const terms = { assigned: [{ topic: 't', partition: 0 }], epoch: 1, options: {} } as unknown as AssignmentTerms;
  const { leases } = await leasesOf(terms, member, link);
  return { asked, lost: leases[0]?.lost?.reason ?? null, next: leases[0]?.position.next };
}

test('a commit beyond the end of what one leader tells is looked at again, under the present leader', async () => {
  expect(await leaseWith(40, 60)).toEqual({ asked: 2, lost: null, next: 50 });
});

test('a log that goes on ending before what was committed is read from its first record', async () => {
  expect(await leaseWith(40)).toEqual({ asked: 6, lost: 'ahead', next: 0 });
}, 20_000);
