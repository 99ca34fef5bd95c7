/** Every scenario, in the order in which `npm run bench` runs them. */
import type { Scenario } from './scenario.ts';
import { burst } from './scenarios/burst.ts';
import { fanout } from './scenarios/fanout.ts';
import { fresh } from './scenarios/fresh.ts';
import { history } from './scenarios/history.ts';
import { http } from './scenarios/http.ts';
import { idle } from './scenarios/idle.ts';
import { indexes } from './scenarios/indexes.ts';
import { isolation } from './scenarios/isolation.ts';
import { latency } from './scenarios/latency.ts';
import { retries } from './scenarios/retries.ts';
import { lists } from './scenarios/lists.ts';
import { neighbours } from './scenarios/neighbours.ts';
import { retryStorm } from './scenarios/retry-storm.ts';
import { scale } from './scenarios/scale.ts';
import { siege } from './scenarios/siege.ts';
import { start } from './scenarios/start.ts';
import { storage } from './scenarios/storage.ts';
import { throughput } from './scenarios/throughput.ts';

export const scenarios: readonly Scenario[] = [
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
