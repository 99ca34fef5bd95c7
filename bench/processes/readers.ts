/** Tenants that read what is theirs, as people and programs do. In a process of its own: nobody else's load delays its clock. */
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { answerQuestions } from '../worker.ts';
import type { Reader, ReaderQuestions, ReadReport } from './neighbour-questions.ts';

const connections = 16;
const refusalsTold = 20;

async function read({ urls, readers, perSecond, ms }: ReaderQuestions['read']['ask']): Promise<ReadReport> {
  const pools = urls.map((url) => new Pool(url, { connections, pipelining: 1 }));
  const latenciesMs: number[] = [];
  const byPath: Record<string, number[]> = {};
  const refused: string[] = [];
  const endsAt = performance.now() + ms;
  const everyMs = 1_000 / perSecond;
  const one = async ({ key, paths }: Reader, index: number) => {
    // Not all in the same moment.
    let dueAt = performance.now() + (index * everyMs) / readers.length;
    for (let turn = 0; dueAt < endsAt; turn += 1) {
      await pause(Math.max(0, dueAt - performance.now()));
      const pool = pools[(turn + index) % pools.length];
      const path = paths[turn % paths.length] ?? '/';
      if (pool === undefined) return;
      const beganAt = performance.now();
      const { statusCode, body } = await pool.request({
        path,
        method: 'GET',
        headers: { authorization: `Bearer ${key}` },
      });
      await body.dump({ limit: Infinity });
      const tookMs = performance.now() - beganAt;
      latenciesMs.push(tookMs);
      (byPath[path.replace(/wh_seed_\w+/, ':id')] ??= []).push(tookMs);
      if (statusCode !== 200 && refused.length < refusalsTold) refused.push(`${path}: ${statusCode}`);
      // What could not be asked in time is left out: nobody pages faster because pages are slow.
      dueAt = Math.max(dueAt + everyMs, performance.now());
    }
  };
  try {
    await Promise.all(readers.map(one));
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
  return { latenciesMs, byPath, refused };
}

answerQuestions<ReaderQuestions>({ read });
