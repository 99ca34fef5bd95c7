/** What the schema cannot say of a retention: how long the history keeps anything at all. */
import type { FieldProblem } from '../../../libs/api-contract/problem.ts';

export function retentionProblems(
  { retentionDays }: { readonly retentionDays?: number | null | undefined },
  { HISTORY_RETENTION_DAYS: days }: { readonly HISTORY_RETENTION_DAYS: number },
): FieldProblem[] {
  if (retentionDays == null || retentionDays <= days) return [];
  const message = `The history keeps ${days} days (HISTORY_RETENTION_DAYS): give fewer, or null.`;
  return [{ path: '/retentionDays', rule: 'maximum', message }];
}
