/** Bytes on disks: of the embedded Kafka by topic, of the database by table and index. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CatchUp } from './catch-up.ts';
import { embeddedLogFolder } from './servers.ts';

export type StoredBytes = ReadonlyMap<string, number>;

/** Partitions count for the table that they are of. */
const relationSizes = `
  select case relkind when 'i' then 'index ' else 'table ' end || coalesce(pg_partition_root(oid), oid)::regclass as name,
         sum(case relkind when 'i' then pg_relation_size(oid) else pg_table_size(oid) end)::text as bytes
    from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'i') group by 1`;

/** By names such as `topic webhook.deliveries` and `index delivery_pkey`. Segments only: offset indexes are made large and stay empty. */
export async function storedBytes(catchUp: CatchUp, isKafkaEmbedded: boolean): Promise<StoredBytes> {
  const rows = await catchUp.query<{ name: string; bytes: string }>(relationSizes);
  const found = new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
  if (!isKafkaEmbedded) return found;
  for (const folder of readdirSync(embeddedLogFolder, { withFileTypes: true })) {
    const [, topic] = /^(.+)-\d+$/.exec(folder.name) ?? [];
    if (topic === undefined || !folder.isDirectory()) continue;
    const path = join(embeddedLogFolder, folder.name);
    const segments = readdirSync(path).filter((file) => file.endsWith('.log'));
    const bytes = segments.reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
    found.set(`topic ${topic}`, (found.get(`topic ${topic}`) ?? 0) + bytes);
  }
  return found;
}

/** What each has grown by, the largest first. Pure. */
export function grownBy(before: StoredBytes, after: StoredBytes): readonly (readonly [name: string, bytes: number])[] {
  const grown = [...after].map(([name, bytes]) => [name, bytes - (before.get(name) ?? 0)] as const);
  return grown.filter(([, bytes]) => bytes > 0).sort(([, one], [, other]) => other - one);
}
