/** Every work, in the order in which `npm run bench` runs them. */
import type { Work } from './work.ts';
import { throughput } from './works/throughput.ts';

export const works: readonly Work[] = [throughput];
