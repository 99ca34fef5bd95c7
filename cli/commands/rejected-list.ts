import { isUtf8 } from 'node:buffer';
import type { Command } from '../command.ts';
import { brokersOption, withKafka } from '../kafka-access.ts';
import { tableLines } from '../../libs/domain/printable.ts';
import { placeOf, rejectedOptions, rejectedRecords, type RejectedRecord } from '../rejected-records.ts';

const lastDefault = 20;

export const rejectedList: Command = {
  name: 'rejected list',
  summary: 'Lists records that are no events, from platform.events.rejected, with the reason.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    ...rejectedOptions,
    last: { takes: 'N', text: `so many, among the last N of each partition (${lastDefault})` },
    ...brokersOption,
  },
  notes: [
    'Speaks with Kafka, not with the API: KAFKA_… and TOPIC_PREFIX of the environment count as for the apps. With --json key, value and headers are shown too: as text, or in base64 where they are none.',
  ],
  examples: ['rejected list', 'rejected list --topic shop.public.customers --reason mapping_failed --json'],
  needsApi: false,
  run: (context) =>
    withKafka(context, {}, async (access) => {
      const found = await rejectedRecords(context, access, lastDefault);
      context.terminal.show({ rejected: found.map(shown) }, () =>
        tableLines(
          ['AT', 'WHEN', 'CAME FROM', 'REASON', 'DETAIL'],
          found.map(({ at, record, origin, reason, detail }) => [
            at,
            timeOf(record.timestampMs),
            placeOf(origin),
            reason,
            detail,
          ]),
        ),
      );
    }),
};

function shown({ record, at, reason, detail, origin }: RejectedRecord): object {
  return {
    ...{ at, rejectedAt: timeOf(record.timestampMs), reason, detail, origin },
    ...{ key: textOf(record.key), value: textOf(record.value) },
    headers: Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, textOf(value)])),
  };
}

function textOf(bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  return isUtf8(bytes) ? bytes.toString() : bytes.toString('base64');
}

function timeOf(timestampMs: number): string {
  const time = new Date(timestampMs);
  return Number.isNaN(time.getTime()) ? String(timestampMs) : time.toISOString();
}
