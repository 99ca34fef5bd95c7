/** Whose an Idempotency-Key is at the moment, how that stands, and when it was first used: what was made then is made again. */
import { Migration } from '@mikro-orm/migrations';

// A process of the version before writes none of these: its claims are at work until they are a minute old.
const columns = `
alter table idempotency_key
  add column claimed_by text,
  add column first_at timestamptz,
  add column state text not null default 'working' check (state in ('working', 'in_doubt', 'free'));
`;

export class IdempotencyClaims extends Migration {
  override name = '0136-idempotency-claims';

  override up(): void {
    this.addSql(columns);
  }
}
