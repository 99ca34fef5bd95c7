/** In: what was rejected, and how far that brings whoever read it. Out: rows and positions, in one transaction: each once. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RejectedEvent } from '../../domain/event/rejected-event.ts';
import { inTransaction, recordset } from '../bulk.ts';
import type { Advance, ConsumerOffsetStore } from '../consumer-offset-store.ts';
import { asUnstorable } from '../unstorable-error.ts';

export class RejectedEventWriter {
  private readonly em: EntityManager;
  private readonly offsets: ConsumerOffsetStore;

  constructor(em: EntityManager, offsets: ConsumerOffsetStore) {
    this.em = em;
    this.offsets = offsets;
  }

  /**
   * All or nothing.
   * @throws OffsetMismatchError, UnstorableError, and the driver's error when the database is away
   */
  async write(rows: readonly RejectedEvent[], offsets: readonly Advance[]): Promise<void> {
    try {
      await inTransaction(this.em, async (run) => {
        await this.offsets.advance(run, offsets);
        if (rows.length > 0) await run(insertRows, [recordset(rows)]);
      });
    } catch (error) {
      throw asUnstorable(error);
    }
  }
}

const insertRows = `
insert into rejected_event (id, rejected_at, reason, detail, partition, "offset", source_topic, source_partition, source_offset,
  source_at, key, value, value_state, value_bytes, redrive_count, refusal)
select id, to_timestamp("rejectedAtMs" / 1000.0), reason, detail, partition, "offset", "sourceTopic", "sourcePartition", "sourceOffset",
  to_timestamp("sourceAtMs" / 1000.0), key, value, "valueState", "valueBytes", "redriveCount", refusal
from json_to_recordset($1::json) as i(id text, "rejectedAtMs" float8, reason text, detail text, partition int, "offset" bigint,
  "sourceTopic" text, "sourcePartition" int, "sourceOffset" bigint, "sourceAtMs" float8, key text, value text, "valueState" text,
  "valueBytes" int, "redriveCount" int, refusal text)
on conflict (id) do nothing`;
