/**
 * What a request may cost the database. In: requests whose caller is known. Out: the bounds of what they read, and turns for
 * what they change. Holds: a statement that takes too long, or whose caller has hung up, ends in PostgreSQL; changes and what
 * makes them are not cut off; no client has more than its share of the connections, whatever its statements wait for.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { withinBounds, type ReadBounds } from '../../../libs/postgres/bounded-reads.ts';
import { changingInTurn } from '../../../libs/postgres/webhooks/held-change.ts';
import type { ReservedDatabase } from '../../../libs/postgres/server/reserved-database.ts';
import { ownerOf } from './caller.ts';
import { ReadPlaces } from './read-places.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of what it reads; set once its caller is known. */
    readBounds?: ReadBounds;
  }
}

/** Longest run of one statement, in milliseconds. An export reads large pages, and its reader waits for all of it. */
const readMs = 10_000;
const exportMs = 30_000;
const exportType = 'application/x-ndjson';
/** It reads on for as long as its reader is there, and is bounded by itself. */
const streamType = 'text/event-stream';

export interface ReadLimits {
  readonly reserved: Pick<ReservedDatabase, 'cancel'>;
  /** Connections of the pool: changes keep some of them for themselves. */
  readonly poolMax: number;
}

export function boundReads(server: FastifyInstance, { reserved, poolMax }: ReadLimits): void {
  const max = Math.max(poolMax - 2, 1);
  const perClientMax = Math.max(Math.floor(poolMax / 2) - 1, 1);
  const places = new ReadPlaces({ perClientMax, max, firstOnly: Math.floor(max / 3) });
  const changes = new ReadPlaces(changePlaces(poolMax));
  server.addHook('preHandler', (request, reply, done) => {
    const { operation, caller } = request;
    if (operation === undefined || caller === undefined) {
      done();
      return;
    }
    const { isReading, answer } = operation;
    const bounds: ReadBounds = {
      statementMs: answer.mediaType === exportType ? exportMs : readMs,
      signal: goneSignal(reply),
      place: (signal) => places.take(ownerOf(caller), signal),
      cancel: (pid) => reserved.cancel(pid),
    };
    request.readBounds = bounds;
    if (!isReading) changingInTurn(() => changes.take(ownerOf(caller), bounds.signal), done);
    else if (answer.mediaType === streamType) done();
    else withinBounds(bounds, done);
  });
}

/** Half of the connections: what a change reads before and beside it finds one too. */
function changePlaces(poolMax: number) {
  const max = Math.max(Math.floor(poolMax / 2), 1);
  return { perClientMax: Math.max(Math.floor(poolMax / 4), 1), max, firstOnly: Math.floor(max / 3) };
}

/** Aborted when the connection ends before the answer does. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  // While it waited for its turn to begin.
  if (raw.destroyed) gone.abort();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** @throws Error for a request that no hook has seen */
export function readBoundsOf({ readBounds }: FastifyRequest): ReadBounds {
  if (readBounds === undefined) throw new Error('a request whose caller is not known');
  return readBounds;
}
