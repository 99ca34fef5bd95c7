/**
 * After a fail-over a connection may still lead to the server that was the primary: it answers, but nothing can be
 * written. A pool that is busy would keep such a connection for good. In: a new connection. Holds: once a statement was
 * refused because the server is read-only, the connection ends with its transaction, and the pool makes another.
 */
import type { PoolClient } from 'pg';
import { readOnlyState } from './database-away.ts';

const outsideOfTransaction = 'I';

export function leaveWhenReadOnly(client: PoolClient): void {
  const { connection } = client;
  let isLeaving = false;
  connection.on('errorMessage', ({ code }: { readonly code?: string }) => {
    if (code !== readOnlyState || isLeaving) return;
    isLeaving = true;
    connection.on('readyForQuery', ({ status }: { readonly status: string }) => {
      // Before that its rollback is still to come. What is ended is given to nobody by the pool.
      if (status === outsideOfTransaction) void client.end();
    });
  });
}
