/** Every work, in the order in which `npm run bench` runs them. */
import type { Work } from './work.ts';
import { fanout } from './works/fanout.ts';
import { history } from './works/history.ts';
import { http } from './works/http.ts';
import { latency } from './works/latency.ts';
import { throughput } from './works/throughput.ts';

export const works: readonly Work[] = [throughput, fanout, http, latency, history];
