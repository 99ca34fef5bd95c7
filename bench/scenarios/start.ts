/** How long the system takes to be ready: on empty data, and on data that is there. */
import type { Figure } from '../measured.ts';
import { BenchSystem } from '../system.ts';
import type { Scenario } from '../scenario.ts';

export const start: Scenario = {
  name: 'start',
  summary: 'time until everything is ready: cold (tables, topics and schemas to be made), and warm (all there)',
  run: async (bench) => {
    const figures: Figure[] = [];
    for (const state of ['cold', 'warm'] as const) {
      const system = await BenchSystem.start({ keepsData: state === 'warm' }, bench.signal);
      // The data of the cold start is what the warm one finds.
      await system.stop({ keepsData: state === 'cold' });
      for (const { name, ms } of system.startTimes)
        figures.push({ name: `${state}: ${name}`, value: ms / 1_000, unit: 's' });
    }
    return { series: [], figures, notes: ['Apps start side by side, so each is the slower for the others'] };
  },
};
