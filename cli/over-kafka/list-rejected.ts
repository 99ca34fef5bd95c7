import { isUtf8 } from 'node:buffer';
import { tableLines } from '../../libs/domain/payload/printable.ts';
import type { CommandContext } from '../command.ts';
import { rejectedLastDefault } from '../commands/rejected-list.ts';
import { withKafka } from '../kafka-access.ts';
import { placeOf, rejectedRecords, type RejectedRecord } from '../rejected-records.ts';

export function listRejected(context: CommandContext): Promise<void> {
  return withKafka(context, {}, async (access) => {
    const found = await rejectedRecords(context, access, rejectedLastDefault);
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
        context.terminal.width,
      ),
    );
  });
}

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
