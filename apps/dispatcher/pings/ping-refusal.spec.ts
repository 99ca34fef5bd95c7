import { expect, test } from '@jest/globals';
import type { LaneItem } from '../lanes/lane-item.ts';
import type { Partition } from '../partition.ts';
import { refusePing, type PingRefusalOptions } from './ping-refusal.ts';

async function refused(kind: string): Promise<string[]> {
  const said: string[] = [];
  const partition = {
    opened: () => said.push('opened'),
    starts: () => said.push('starts'),
    settled: () => said.push('settled'),
  } as unknown as Partition;
  const item = { partition, offset: 7 } as unknown as LaneItem;
  const options = {
    reader: { kindOf: () => kind, read: () => null },
    hooks: { add: (webhookId: string, { offset }: LaneItem) => said.push(`${webhookId} ${offset} waits`) },
  } as unknown as PingRefusalOptions;
  await refusePing(item, 'wh_1', options);
  return said;
}

test('#232 a test of a paused webhook that got no place among pings waits with the other deliveries, and a ping ends', async () => {
  expect(await refused('test')).toEqual(['wh_1 7 waits']);
  expect(await refused('ping')).toEqual(['opened', 'starts', 'settled']);
});
