/** The audit log as screens read it. */
import type { Schemas } from '../api/api.ts';
import { read, type ListPage, type Query } from '../api/reads.ts';

export type AuditEntry = Omit<Schemas['AuditEntry'], 'id'> & { readonly id: string };

export async function readAudit(query: Query, signal?: AbortSignal): Promise<ListPage<AuditEntry>> {
  const page = await read<ListPage<Schemas['AuditEntry']>>('/v1/audit', query, signal);
  return { ...page, data: page.data.map((entry) => ({ ...entry, id: String(entry.id) })) };
}
