/**
 * Clients that leave. In: which one, and who says so. Out: at once it can do nothing any more, and then, in steps, nothing is left of
 * what it had. Holds: its keys and sessions are refused from the commit on; what comes late of it is not written, for as long as
 * Kafka may bring something; until then nobody else gets its id; a process that ends goes on in another.
 */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { appendAudit } from '../access/audit-store.ts';
import { runIn, type Run } from '../bulk.ts';
import { ClientRow } from '../entities/client.ts';
import { readerOf } from '../read.ts';
import { changing } from '../webhooks/held-change.ts';
import { eraseWebhooks, leavingErasers, leavingSteps, type LeavingStep } from './leaving-steps.ts';

export interface Leaving {
  readonly clientId: string;
  readonly startedAt: Date;
  readonly startedBy: string;
  /** What is erased now; of one that is finished the last one. */
  readonly step: LeavingStep;
  /** Rows, by the step that erased them. */
  readonly erased: Readonly<Record<string, number>>;
  readonly finishedAt: Date | null;
}

export class ClientLeavingStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /**
   * Null when there is no such client. Of one that leaves already, how far that is.
   * @param expiresAt when Kafka has nothing of it any more
   */
  async begin(clientId: string, expiresAt: Date, actor: Actor, now: Date): Promise<Leaving | null> {
    return changing(this.em, async (em) => {
      const run = runIn(em);
      const client = await em.findOne(ClientRow, { id: clientId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (client === null) return null;
      if (client.leavingAt == null) {
        const at = now.toISOString();
        await run(
          `update client set leaving_at = $2, portal_sessions_after = date_trunc('milliseconds', clock_timestamp()) where id = $1`,
          [clientId, at],
        );
        await run('update api_key set revoked_at = $2 where client_id = $1 and revoked_at is null', [clientId, at]);
        await run(
          `update replay set status = 'cancelled', finished_at = $2 where client_id = $1 and status in ('pending', 'running')`,
          [clientId, at],
        );
        await run(
          `insert into client_leaving (client_id, started_at, started_by, step, expires_at) values ($1, $2, $3, $4, $5)
          on conflict (client_id) do update set started_at = $2, started_by = $3, step = $4, expires_at = $5,
            position = null, erased = '{}', finished_at = null`,
          [clientId, at, `${actor.kind} ${actor.id}`, leavingSteps[0], expiresAt.toISOString()],
        );
        const change = { action: 'client.leaving', objectKind: 'client', objectId: clientId, clientId } as const;
        await appendAudit(em, { ...change, before: null, after: null }, actor, now);
        // Of most clients these are all: their webhooks end with the answer.
        await note(run, clientId, 'webhooks', await eraseWebhooks(run, clientId));
      }
      const [leaving] = await run<Leaving>(`select ${columns} from client_leaving where client_id = $1`, [clientId]);
      if (leaving === undefined) throw new Error('a client leaves, and nothing says how far that is');
      const { startedAt, finishedAt } = leaving;
      const finished = finishedAt === null ? null : new Date(finishedAt);
      return { ...leaving, startedAt: new Date(startedAt), finishedAt: finished };
    });
  }

  /** Null: no client of this id leaves or has left lately. */
  async find(clientId: string): Promise<Leaving | null> {
    const [found] = await readerOf(this.em)<Leaving>(`select ${columns} from client_leaving where client_id = $1`, [
      clientId,
    ]);
    return found ?? null;
  }
}

/** The next portion of whoever leaves longest: one transaction. False: nobody does. */
export async function clientLeavingStep(run: Run): Promise<boolean> {
  const [open] = await run<{ clientId: string; step: LeavingStep; position: string | null }>(
    `select client_id as "clientId", step, position from client_leaving where finished_at is null
    order by started_at limit 1 for update`,
  );
  if (open === undefined) return false;
  const { clientId, step } = open;
  const { rows, position, isDone } = await leavingErasers[step](run, clientId, open.position);
  await note(run, clientId, step, rows);
  if (!isDone) {
    // The last step alone is never done by halves: there is something again that was erased.
    const next = step === 'client' ? leavingSteps[0] : step;
    await run('update client_leaving set step = $2, position = $3 where client_id = $1', [clientId, next, position]);
    return true;
  }
  const next = leavingSteps[leavingSteps.indexOf(step) + 1];
  if (next === undefined) await finish(run, clientId);
  else await run('update client_leaving set step = $2, position = null where client_id = $1', [clientId, next]);
  return true;
}

async function note(run: Run, clientId: string, step: LeavingStep, rows: number): Promise<void> {
  if (rows === 0) return;
  await run(
    `update client_leaving set erased = erased || jsonb_build_object($2::text, coalesce((erased ->> $2::text)::bigint, 0) + $3::bigint)
    where client_id = $1`,
    [clientId, step, rows],
  );
}

async function finish(run: Run, clientId: string): Promise<void> {
  await run('update client_leaving set finished_at = clock_timestamp() where client_id = $1', [clientId]);
  await run(
    `insert into audit_entry (at, actor_kind, actor_id, client_id, action, object_kind, object_id, after)
    select clock_timestamp(), 'system', 'management-api', client_id, 'client.left', 'client', client_id, erased
    from client_leaving where client_id = $1`,
    [clientId],
  );
}

const columns = `client_id as "clientId", started_at as "startedAt", started_by as "startedBy", step, erased,
  finished_at as "finishedAt"`;
