/** What the processes use while nothing is to be done. */
import { setTimeout as pause } from 'node:timers/promises';
import { Stopped } from '../../stack/failure.ts';
import { startStep } from '../../stack/terminal.ts';
import { registerEndpoints } from '../endpoints.ts';
import { atMost, type Figure } from '../measured.ts';
import { memoryOf } from '../process-usage.ts';
import type { Harness } from '../harness.ts';
import { UsageWindow } from '../usage.ts';
import type { Scenario } from '../scenario.ts';

const webhooks = 20;
const settleMs = 5_000;
const seconds = 60;

export const idle: Scenario = {
  name: 'idle',
  summary: `CPU and memory of each process doing nothing for ${seconds} s, after some events`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      await harness.warmUp((await registerEndpoints(harness, webhooks)).map(({ target }) => target));
      await rest(harness, settleMs);
      const system = harness.processes().filter(({ kind }) => kind !== 'load');
      const window = new UsageWindow(system);
      const step = startStep('Idle');
      step.progress(`watching for ${seconds} s`);
      await rest(harness, seconds * 1_000).finally(step.fail);
      const cpu = new Map((window.close() ?? []).map(({ name, cpuMs }) => [name, cpuMs / seconds / 10]));
      const rows = system.map(({ name, kind, pid }) => ({
        name,
        kind,
        percent: cpu.get(name) ?? 0,
        megabytes: (memoryOf([pid]) ?? 0) / 1_000_000,
      }));
      const ofApps = rows.filter(({ kind }) => kind === 'app');
      const pidsOfApps = system.filter(({ kind }) => kind === 'app').map(({ pid }) => pid);
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      const figures: Figure[] = rows.flatMap(({ name, percent, megabytes }) => [
        { name: `${name}: CPU`, value: percent, unit: '% of one core' },
        { name: `${name}: memory`, value: megabytes, unit: 'MB' },
      ]);
      return {
        series: [],
        figures: [
          ...figures,
          atMost(5, 'the six apps: CPU', sum(ofApps.map(({ percent }) => percent)), '% of one core'),
          atMost(1_000, 'the six apps: memory together', (memoryOf(pidsOfApps) ?? 0) / 1_000_000, 'MB'),
          {
            name: 'the six apps: resident sets added up',
            value: sum(ofApps.map(({ megabytes }) => megabytes)),
            unit: 'MB',
          },
        ],
        notes: [],
      };
    }),
};

/** @throws Stopped */
async function rest(harness: Harness, ms: number): Promise<void> {
  await pause(ms, undefined, { signal: harness.signal }).catch(() => {
    throw new Stopped();
  });
}
