/** Rejected events as the API has them: for whoever has a key of it, and no way to Kafka. */
import { dataOf } from '../libs/api-client/api-client.ts';
import type { RejectionReason } from '../libs/domain/event/rejection.ts';
import { tableLines } from '../libs/domain/payload/printable.ts';
import type { CommandContext } from './command.ts';
import { CliFailure } from './failure.ts';

const listMax = 50;
const paceRange = { min: 1, max: 100 };

export async function listOverApi(
  { given, settings, terminal, signal }: CommandContext,
  lastDefault: number,
): Promise<void> {
  refuse(
    given.texts('at').length > 0,
    '--at names a place on Kafka: leave --api out, or filter by --topic and --reason.',
  );
  const limit = given.whole('last', { min: 1, max: listMax }) ?? lastDefault;
  const query = { limit, ...filterOf(given) };
  const { data } = await dataOf(settings.api(signal).GET('/v1/rejected-events', { params: { query } }));
  terminal.show({ rejected: data.toReversed() }, () =>
    tableLines(
      ['ID', 'WHEN', 'CAME FROM', 'REASON', 'REDRIVE', 'DETAIL'],
      data
        .toReversed()
        .map(({ id, rejectedAt, source, reason, redrive, detail }) => [
          ...[
            id,
            rejectedAt,
            source === null ? '-' : `${source.topic}-${source.partition ?? '?'}@${source.offset ?? '?'}`,
          ],
          ...[reason, redrive.state, detail],
        ]),
      terminal.width,
    ),
  );
}

export async function redriveOverApi({ given, settings, terminal, signal }: CommandContext): Promise<void> {
  const [ids, filter, isDry] = [given.texts('id'), filterOf(given), given.has('dry-run')];
  refuse(
    given.texts('at').length > 0 || given.text('file') !== null,
    '--at and --file are for Kafka: leave --api out.',
  );
  refuse(given.text('last') !== null, '--last is for Kafka: leave --api out, or name them by --id.');
  refuse(ids.length === 0 && Object.keys(filter).length === 0, 'Say which: --topic, --reason or --id.');
  refuse(ids.length > 0 && Object.keys(filter).length > 0, 'Either --id, or --topic and --reason.');
  const pacePerSecond = given.whole('pace', paceRange);
  const which = ids.length > 0 ? { ids: [...ids] } : { filter };
  const body = { ...which, dryRun: isDry, ...(pacePerSecond !== null && { pacePerSecond }) };
  const answer = await dataOf(settings.api(signal).POST('/v1/rejected-events/redrive', { body }));
  const { toBeSent, refused, hasMore } = answer;
  const more = hasMore ? ' There are more: run it again.' : '';
  terminal.show(answer, () => [
    `${toBeSent} ${isDry ? 'would be sent' : 'are being sent'}, ${refused} are left.${more}`,
  ]);
}

function filterOf(given: CommandContext['given']): { reason?: RejectionReason[]; sourceTopic?: string } {
  const [sourceTopic, reason] = [given.text('topic'), given.text('reason')];
  return {
    ...(sourceTopic !== null && { sourceTopic }),
    // The API says which there are.
    ...(reason !== null && { reason: [reason as RejectionReason] }),
  };
}

/** @throws CliFailure usage */
function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new CliFailure('usage', message);
}
