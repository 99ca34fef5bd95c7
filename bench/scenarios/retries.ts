/**
 * A hundred thousand retries that wait: is each put back within 250 ms of its moment, none early, none lost, and what
 * does it take? Then the same with the retry-scheduler killed and started again in between.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { appNames } from '../../stack/apps.ts';
import { Stopped } from '../../stack/failure.ts';
import { startStep } from '../../stack/terminal.ts';
import type { Measured } from '../measured.ts';
import type { RetryQuestions, RetryReport } from '../processes/retry-questions.ts';
import type { Harness } from '../harness.ts';
import { systemCpuMs, UsageWindow } from '../usage.ts';
import { Worker } from '../worker.ts';
import type { Scenario } from '../scenario.ts';

const count = 100_000;
/** Longer than it takes to write them. */
const leadMs = 20_000;
const windowMs = 60_000;
const graceMs = 15_000;
/** The others come and go while those wait. */
const drip = { perSecond: 50, delaysMs: [0, 250, 1_000, 4_000, 5_000, 9_000] };
const stopDeadlineMs = 6_500;

export const retries: Scenario = {
  name: 'retries',
  summary: `${count} retries waiting for moments spread over ${windowMs / 1_000} s, and ${drip.perSecond}/s more that come and go`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const others = appNames.filter((app) => app !== 'retry-scheduler').flatMap((app) => harness.system.of(app));
      await Promise.all(others.map(({ process }) => process.stop(stopDeadlineMs)));
      const dispatchers = new Worker<RetryQuestions>('dispatchers', 'processes/retries', harness.system.env);
      try {
        await dispatchers.ask('connect', null);
        const calm = await measure(harness, dispatchers, 'retries', false);
        const killed = await measure(harness, dispatchers, 'retries, killed in between', true);
        return {
          series: [calm.measured, killed.measured],
          figures: [
            { name: 'early', value: calm.report.early + killed.report.early, unit: 'retries' },
            { name: 'more than 250 ms late', value: calm.report.late, unit: 'retries' },
          ],
          notes: [
            'latency is from the moment that a retry is due until it is read from webhook.deliveries',
            'only the retry-scheduler runs; of the killed one, the latencies are those of the time without it, and its CPU is not told',
          ],
        };
      } finally {
        await dispatchers.stop();
      }
    }),
};

async function killOnce(harness: Harness): Promise<void> {
  const [instance] = harness.system.of('retry-scheduler');
  await pause(leadMs + windowMs / 2);
  if (harness.signal.aborted) return;
  await instance?.process.kill('SIGKILL');
  instance?.process.start();
}

async function measure(
  harness: Harness,
  dispatchers: Worker<RetryQuestions>,
  label: string,
  isKilled: boolean,
): Promise<{ readonly measured: Measured; readonly report: RetryReport }> {
  const step = startStep(label);
  try {
    const window = new UsageWindow(harness.processes().filter(({ pid, kind }) => pid > 0 && kind !== 'load'));
    const startedAt = Date.now();
    const disturbed = isKilled ? killOnce(harness) : null;
    step.progress('writing');
    await dispatchers.ask('plant', { count, due: { from: leadMs, to: leadMs + windowMs } });
    const dripping = dispatchers.ask('drip', { ...drip, forMs: startedAt + leadMs + windowMs - Date.now() });
    for (;;) {
      const { planted, back } = await dispatchers.ask('progress', null);
      const elapsedMs = Date.now() - startedAt;
      step.progress(`${back} of ${planted}`);
      const isOver = elapsedMs > leadMs + windowMs + Math.max(...drip.delaysMs);
      if ((isOver && back === planted) || elapsedMs > leadMs + windowMs + graceMs) break;
      if (harness.signal.aborted) throw new Stopped();
      await pause(250);
    }
    await Promise.all([dripping, disturbed]);
    const usage = window.close() ?? [];
    const report = await dispatchers.ask('report', null);
    const { p50, p95, p99, max, duplicates, missing } = report;
    const seconds = windowMs / 1_000;
    step.done(`${report.count} back, p99 ${p99} ms after their moment, ${report.early} before it`);
    const measured: Measured = {
      label,
      events: { from: 0, to: report.count },
      deliveries: report.count,
      seconds,
      perSecond: report.count / seconds,
      latencyMs: { count: report.count, p50, p95, p99, max },
      duplicates,
      losses: missing,
      cpuMsPerDelivery: usage.length === 0 || isKilled ? null : systemCpuMs(usage) / Math.max(1, report.count),
      usage,
      appsPeakBytes: window.appsPeakBytes,
    };
    return { measured, report };
  } catch (error) {
    step.fail();
    throw error;
  }
}
