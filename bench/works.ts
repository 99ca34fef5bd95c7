/** Every work, in the order in which `npm run bench` runs them. */
import type { Work } from './work.ts';
import { burst } from './works/burst.ts';
import { fanout } from './works/fanout.ts';
import { fresh } from './works/fresh.ts';
import { history } from './works/history.ts';
import { http } from './works/http.ts';
import { idle } from './works/idle.ts';
import { indexes } from './works/indexes.ts';
import { isolation } from './works/isolation.ts';
import { latency } from './works/latency.ts';
import { retries } from './works/retries.ts';
import { lists } from './works/lists.ts';
import { neighbours } from './works/neighbours.ts';
import { retryStorm } from './works/retry-storm.ts';
import { scale } from './works/scale.ts';
import { siege } from './works/siege.ts';
import { start } from './works/start.ts';
import { storage } from './works/storage.ts';
import { throughput } from './works/throughput.ts';

export const works: readonly Work[] = [
  throughput,
  fanout,
  http,
  fresh,
  latency,
  history,
  isolation,
  burst,
  siege,
  retryStorm,
  retries,
  scale,
  idle,
  start,
  storage,
  lists,
  neighbours,
  indexes,
];
