/**
 * Which statements a piece of work sends to PostgreSQL, without their values. What runs by itself is left out, and what a process asks by the
 * clock, whoever's request comes first after that.
 */
import pg from 'pg';

const background =
  /\boutbox(_lease)?\b|advisory|^update api_key set last_used_at|^update replay set next_batch_at|^select min\(next_batch_at|min\(redrive_at\)|^select 1$|^set client_connection|from operator_settings$|as "is(Open|Due)"$/;

/** One at a time: statements of anything else that the caller does meanwhile would be among them. */
export async function traced<T>(work: () => Promise<T>): Promise<{ answer: T; statements: readonly string[] }> {
  const statements: string[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the client that it is called on
  const original = pg.Client.prototype.query as (...given: unknown[]) => unknown;
  const query = function (this: unknown, ...given: unknown[]): unknown {
    const [first] = given;
    const text = typeof first === 'string' ? first : String((first as { text?: unknown } | undefined)?.text);
    // Some statements are sent with their values written into them.
    if (!background.test(text)) statements.push(text.replaceAll(/'[^']*'/g, '?'));
    return original.apply(this, given);
  };
  pg.Client.prototype.query = query as typeof pg.Client.prototype.query;
  try {
    return { answer: await work(), statements };
  } finally {
    pg.Client.prototype.query = original as typeof pg.Client.prototype.query;
  }
}
