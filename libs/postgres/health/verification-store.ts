/**
 * Webhooks whose endpoints have not proven yet that they want deliveries: who is asked now, and what came of it. What must hold:
 * with several monitors each question is asked by one of them; questions end after {@link triesMax}; neither a client with many webhooks
 * nor a host that many of them name gets more than a few of them in a round.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { TargetWebhook } from '../../domain/delivery/direct-delivery.ts';
import { inTransaction, recordset, type Run } from '../bulk.ts';
import { isTurn } from '../turn.ts';
import { batchMax } from './recovery-store.ts';

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
/** After each question; the first is asked at once. */
const waitsMs = [30 * secondMs, 2 * minuteMs, 10 * minuteMs, hourMs, 6 * hourMs, 24 * hourMs] as const;
/** Then it is up to its owner. */
export const triesMax = waitsMs.length + 1;
const ofClientMax = 20;
const ofHostMax = 2;

export class VerificationStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Their next question is set before this one is asked: one that gets lost is asked again then. */
  async takeDue(now: Date): Promise<TargetWebhook[]> {
    return inTransaction(this.em, async (run) => {
      if (!(await isTurn(run, 'verifications'))) return [];
      const due = await run<TargetWebhook & { tries: number }>(selectDue, [now]);
      const next = due.map(({ id, tries }) => ({
        webhook_id: id,
        next_at: new Date(now.getTime() + (waitsMs[tries] ?? 0)).toISOString(),
        tries: tries + 1,
      }));
      await run(upsertTries, [recordset(next)]);
      return due.map(({ id, clientId, format }) => ({ id, clientId, format }));
    });
  }
}

export interface UnprovenEndpoint {
  readonly webhookId: string;
  readonly problem: string;
  /** Unix milliseconds. */
  readonly askedAt: number;
}

/** Kept to be shown; those that were deleted meanwhile are left out. */
export async function writeProblems(run: Run, unproven: readonly UnprovenEndpoint[], now: Date): Promise<void> {
  if (unproven.length === 0) return;
  const rows = unproven.map(({ webhookId, problem, askedAt }) => ({
    webhook_id: webhookId,
    problem,
    asked_at: new Date(askedAt).toISOString(),
  }));
  await run(upsertProblems, [recordset(rows), now]);
}

// A host is what stands before the path: of no more than a bound is asked at once, however many clients name it.
export const selectDue = `
select id, client_id as "clientId", format, tries from (
  select w.id, w.client_id, w.format, coalesce(p.verification_tries, 0) as tries,
    row_number() over (partition by w.client_id order by p.next_at nulls first, w.id) as of_client,
    row_number() over (partition by substring(w.url from '^[a-z]+://([^/?#]+)') order by p.next_at nulls first, w.id) as of_host
  from webhook w left join webhook_ping p on p.webhook_id = w.id
  where w.disabled_by = 'unverified' and w.verification_pending
    and coalesce(p.verification_tries, 0) < ${triesMax} and (p.next_at is null or p.next_at <= $1)
) due
where of_client <= ${ofClientMax} and of_host <= ${ofHostMax}
order by id limit ${batchMax}`;

const upsertTries = `
insert into webhook_ping (webhook_id, next_at, verification_tries)
select * from json_to_recordset($1::json) as i(webhook_id text, next_at timestamptz, tries int)
on conflict (webhook_id) do update set next_at = excluded.next_at, verification_tries = excluded.verification_tries`;

const upsertProblems = `
insert into webhook_ping (webhook_id, next_at, verification_problem, verification_asked_at)
select i.webhook_id, $2::timestamptz, i.problem, i.asked_at
from json_to_recordset($1::json) as i(webhook_id text, problem text, asked_at timestamptz)
join webhook w on w.id = i.webhook_id
order by i.webhook_id
on conflict (webhook_id) do update set verification_problem = excluded.verification_problem,
  verification_asked_at = excluded.verification_asked_at`;
