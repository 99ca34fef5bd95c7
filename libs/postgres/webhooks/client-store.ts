/** Tenants. */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import type { DisableOverride } from '../../domain/health/disable-rules.ts';
import type { VersionCondition } from '../../domain/access/entity-tag.ts';
import { changedLabels, labelsMax, type Labels, type LabelsPatch } from '../../domain/webhook/labels.ts';
import { runIn } from '../bulk.ts';
import { appendAudit, changedMembers } from '../access/audit-store.ts';
import { Conditions } from '../conditions.ts';
import { ClientRow } from '../entities/client.ts';
import { changing } from './held-change.ts';
import { pageFrom, seek, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly noticeEmails: readonly string[];
  readonly autoDisable: DisableOverride;
  readonly labels: Labels;
  readonly externalId: string | null;
  /** How long the history keeps what it has; null: as long as everything. */
  readonly retentionDays: number | null;
  readonly version: number;
  readonly createdAt: Date;
  /** Since then it leaves; null: it does not. */
  readonly leavingAt: Date | null;
  /** Since then it is suspended; null: it is not. */
  readonly suspendedAt: Date | null;
  readonly suspendedReason: string | null;
}

export interface NewClient extends Pick<Client, 'id' | 'name' | 'labels' | 'externalId'> {
  readonly noticeEmails?: readonly string[];
  readonly autoDisable?: DisableOverride;
  readonly retentionDays?: number | null;
}

/** What is undefined stays. */
export interface ClientChange {
  readonly name?: string | undefined;
  readonly noticeEmails?: readonly string[] | undefined;
  readonly autoDisable?: DisableOverride | undefined;
  readonly labels?: LabelsPatch | undefined;
  readonly externalId?: string | null | undefined;
  readonly retentionDays?: number | null | undefined;
}

export interface ClientTarget {
  readonly id: string;
  readonly isMeant: VersionCondition;
}

export type ClientUpdated =
  | { readonly kind: 'updated'; readonly client: Client }
  | { readonly kind: 'missing' | 'stale' }
  | { readonly kind: 'too_many_labels'; readonly labels: number };

export class ClientStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null when the id is taken, also by one that left and of which Kafka has something still. */
  async create({ id, ...fields }: NewClient, actor: Actor, now: Date): Promise<Client | null> {
    return changing(this.em, async (em) => {
      const { noticeEmails = [], autoDisable = {}, retentionDays = null } = fields;
      const own = { noticeEmails: [...noticeEmails], autoDisable, retentionDays };
      const client = { id, ...fields, ...own, createdAt: now };
      const inserted = await em
        .createQueryBuilder(ClientRow)
        .insert(client)
        .onConflict('id')
        .ignore()
        .returning('id')
        .execute<object[]>('all');
      if (inserted.length === 0) return null;
      if ((await runIn(em)('select 1 from client_leaving where client_id = $1', [id])).length > 0) {
        await em.nativeDelete(ClientRow, { id });
        return null;
      }
      const change = { action: 'client.created', objectKind: 'client', objectId: id, clientId: id } as const;
      await appendAudit(em, { ...change, before: null, after: { id, ...fields } }, actor, now);
      return { ...client, version: 1, leavingAt: null, suspendedAt: null, suspendedReason: null };
    });
  }

  /** What changes nothing is no change. */
  async update({ id, isMeant }: ClientTarget, change: ClientChange, actor: Actor, now: Date): Promise<ClientUpdated> {
    return changing(this.em, async (em) => {
      const row = await em.findOne(ClientRow, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (row === null || row.leavingAt != null) return { kind: 'missing' };
      if (!isMeant(row.version)) return { kind: 'stale' };
      const before = shownClientRow(row);
      const wanted = changedLabels(row.labels, change.labels);
      const labels = Object.keys(wanted).length;
      if (labels > labelsMax) return { kind: 'too_many_labels', labels };
      row.name = change.name ?? row.name;
      row.noticeEmails = change.noticeEmails === undefined ? row.noticeEmails : [...change.noticeEmails];
      row.autoDisable = change.autoDisable ?? row.autoDisable;
      row.labels = wanted;
      if (change.externalId !== undefined) row.externalId = change.externalId;
      if (change.retentionDays !== undefined) row.retentionDays = change.retentionDays;
      const members = changedMembers(before, shownClientRow(row));
      if (Object.keys(members.after).length === 0) return { kind: 'updated', client: before };
      row.version += 1;
      await em.flush();
      const action = { action: 'client.updated', objectKind: 'client', objectId: id, clientId: id } as const;
      await appendAudit(em, { ...action, ...members }, actor, now);
      return { kind: 'updated', client: shownClientRow(row) };
    });
  }

  async find(id: string): Promise<Client | null> {
    const [found] = await readerOf(this.em)<Client>(`select ${columns} from client where id = $1`, [id]);
    return found ?? null;
  }

  /** Those of the ids that are clients. */
  async knownOf(ids: readonly string[]): Promise<string[]> {
    const rows = await readerOf(this.em)<{ id: string }>(
      'select id from client where id = any($1) and leaving_at is null',
      [ids],
    );
    return rows.map(({ id }) => id);
  }

  /** In the order of ids. */
  async list(request: PageRequest<string>): Promise<Page<Client, string>> {
    const conditions = new Conditions();
    const tail = seek(conditions, 'id', 'asc', request);
    const found = await readerOf(this.em)<Client>(
      `select ${columns} from client ${conditions.where} ${tail}`,
      conditions.values,
    );
    return pageFrom(found, request, ({ id }) => id);
  }
}

/** As it is read. */
export function shownClientRow(row: ClientRow): Client {
  const { id, name, noticeEmails, autoDisable, labels, externalId = null, version, createdAt } = row;
  const { retentionDays = null, leavingAt = null, suspendedAt = null, suspendedReason = null } = row;
  const state = { leavingAt, suspendedAt, suspendedReason };
  return { id, name, noticeEmails, autoDisable, labels, externalId, retentionDays, version, createdAt, ...state };
}

const columns = `id, name, notice_emails as "noticeEmails", auto_disable as "autoDisable", labels,
  external_id as "externalId", retention_days as "retentionDays", version, created_at as "createdAt", leaving_at as "leavingAt",
  suspended_at as "suspendedAt", suspended_reason as "suspendedReason"`;
