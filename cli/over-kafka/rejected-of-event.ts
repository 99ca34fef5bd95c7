import type { CommandContext } from '../command.ts';
import { rejectedLookedAt } from '../commands/why.ts';
import { withKafka } from '../kafka-access.ts';
import { rejectedRecords } from '../rejected-records.ts';
import type { Finding } from '../why/finding.ts';
import { isAbout, rejectedFinding } from '../why/rejected-findings.ts';

/** Newest first. Kafka may be out of reach for whoever asks: then that is a remark, and no failure. */
export async function rejectedFindings(context: CommandContext, id: string): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  try {
    await withKafka(context, {}, async (access) => {
      const records = await rejectedRecords(context, access, rejectedLookedAt, (one) => isAbout(id, one));
      found.push(...records.map(rejectedFinding).reverse());
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    context.terminal.remark(`Whether it was rejected is not known: ${error.message}`);
  }
  return found;
}
