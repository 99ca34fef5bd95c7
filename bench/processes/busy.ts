/** Takes processor time and does nothing with it: what a neighbour on the same machine costs that asks the system nothing. */
import { answerQuestions } from '../worker.ts';
import type { BusyQuestions } from './neighbour-questions.ts';

const sliceMs = 10;
let slices: NodeJS.Timeout | null = null;

answerQuestions<BusyQuestions>({
  begin: ({ share }) => {
    slices = setInterval(() => {
      const endsAt = performance.now() + sliceMs * share;
      while (performance.now() < endsAt);
    }, sliceMs);
    return null;
  },
  end: () => {
    if (slices !== null) clearInterval(slices);
    return null;
  },
});
