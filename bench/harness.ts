/**
 * A system, a receiver and a load, put together for one scenario, and how a load is measured on them. All of it is gone when
 * the scenario is done, however that ends.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AppName } from '../stack/apps.ts';
import { partNames } from '../stack/embedded-parts.ts';
import { StackFailure, Stopped } from '../stack/failure.ts';
import { startStep, warn } from '../stack/terminal.ts';
import { CatchUp } from './catch-up.ts';
import { keepProfile, Profiler, type CpuProfile } from './cpu-profile.ts';
import type { Measured } from './measured.ts';
import type { LoadQuestions, Produced, Target } from './processes/load-questions.ts';
import type { Range, ReceiverQuestions } from './processes/receiver-questions.ts';
import { benchFolder } from './servers.ts';
import { BenchSystem, type SystemOptions } from './system.ts';
import { systemCpuMs, UsageWindow, type ObservedProcess, type ProcessUsage } from './usage.ts';
import { Worker } from './worker.ts';
import { loopDelaysOf, worstDelayMs, type LoopDelays } from './loop-delays.ts';

export interface HarnessOptions extends SystemOptions {
  readonly signal: AbortSignal;
}

export interface Run {
  readonly label: string;
  readonly events: number;
  /** Webhooks that each event goes to. Default: 1 */
  readonly perEvent?: number;
  /** Webhooks, by their numbers, of which latencies, duplicates and losses are told. Default: all */
  readonly told?: readonly number[];
  /** How many of the events are for those. Default: all */
  readonly expected?: number;
  /** Deliveries of the others are no part of the measurement, but are waited for: resolves when that is done. */
  readonly afterwards?: () => Promise<void>;
  /** Not profiled: what it costs to get warm is no scenario's question. */
  readonly isWarmUp?: boolean;
  readonly deadlineMs?: number;
  /** Default: true */
  readonly isHistoryAwaited?: boolean;
  readonly send: (events: Range) => Promise<Produced>;
}

export interface Observed<T> {
  readonly value: T;
  readonly usage: readonly ProcessUsage[];
  readonly seconds: number;
}

export interface KeptProfile {
  readonly name: string;
  readonly file: string;
  readonly profile: CpuProfile;
}

/** Of an event as it is produced, in every scenario. */
export const eventBytes = 1_024;
const profileFolder = join(benchFolder, 'profiles');
const warmUpDeliveries = 1_000;
const progressEveryMs = 100;
const arrivalDeadlineMs = 120_000;
const historyDeadlineMs = 60_000;

export class Harness {
  readonly signal: AbortSignal;
  readonly system: BenchSystem;
  readonly receiver: Worker<ReceiverQuestions>;
  readonly load: Worker<LoadQuestions>;
  /** Of the receiver, without path. */
  readonly origin: string;
  readonly profiles: KeptProfile[] = [];
  readonly catchUp: CatchUp;
  private readonly moreLoads: Worker<LoadQuestions>[] = [];
  private nextEvent = 0;

  private constructor(parts: Pick<Harness, 'signal' | 'system' | 'receiver' | 'load' | 'origin' | 'catchUp'>) {
    this.signal = parts.signal;
    this.system = parts.system;
    this.receiver = parts.receiver;
    this.load = parts.load;
    this.origin = parts.origin;
    this.catchUp = parts.catchUp;
  }

  static async with<T>(options: HarnessOptions, use: (harness: Harness) => Promise<T>): Promise<T> {
    const system = await BenchSystem.start(options, options.signal);
    const receiver = new Worker<ReceiverQuestions>('receiver', 'processes/receiver');
    const load = new Worker<LoadQuestions>('load', 'processes/load', system.env);
    const catchUp = new CatchUp(system.env);
    let harness: Harness | null = null;
    try {
      const origin = `http://127.0.0.1:${await receiver.ask('listen', null)}`;
      await load.ask('connect', null);
      harness = new Harness({ signal: options.signal, system, receiver, load, origin, catchUp });
      return await use(harness);
    } finally {
      await Promise.all([load, ...(harness?.moreLoads ?? [])].map((worker) => worker.stop()));
      await catchUp.close();
      await system.stop();
      await receiver.stop();
    }
  }

  /** A load in a process of its own, so that a burst does not delay the calls of the load beside it. */
  async addLoad(): Promise<Worker<LoadQuestions>> {
    const load = new Worker<LoadQuestions>('second load', 'processes/load', this.system.env);
    this.moreLoads.push(load);
    await load.ask('connect', null);
    return load;
  }

  /** Numbers for the next events. */
  take(count: number): Range {
    const from = this.nextEvent;
    this.nextEvent += count;
    return { from, to: this.nextEvent };
  }

  /** Events for these targets in turn, as fast as Kafka acknowledges. */
  flood(targets: readonly Target[]): (events: Range) => Promise<Produced> {
    return (events) => this.load.ask('flood', { events, targets, bytes: eventBytes });
  }

  /** The same, so many a second. */
  pace(targets: readonly Target[], perSecond: number): (events: Range) => Promise<Produced> {
    return (events) => this.load.ask('pace', { events, targets, bytes: eventBytes, perSecond });
  }

  /** Single events in produce calls of their own, so many calls at a time. */
  loop(targets: readonly Target[], calls: number): (events: Range) => Promise<Produced> {
    return (events) => this.load.ask('loop', { events, targets, bytes: eventBytes, calls });
  }

  /** Unmeasured events, so that code is compiled and connections are open when it counts. */
  async warmUp(targets: readonly Target[], perEvent = 1, deliveries = warmUpDeliveries): Promise<void> {
    const events = Math.ceil(deliveries / perEvent);
    await this.measure({ label: 'Warm-up', events, perEvent, isWarmUp: true, send: this.flood(targets) });
  }

  /** Sends, waits for the POSTs and then for the history, and tells what that cost. @throws Stopped, StackFailure */
  async measure(run: Run): Promise<Measured> {
    const step = startStep(run.label);
    const events = this.take(run.events);
    const perEvent = run.perEvent ?? 1;
    const expected = run.expected ?? run.events * perEvent;
    try {
      await this.receiver.ask('expect', { events, perEvent, told: run.told ?? null });
      const outcomesBefore = await this.catchUp.outcomes();
      const profilers = run.isWarmUp === true ? new Map<string, Profiler>() : await this.startProfilers();
      const delaysBefore = await this.loopDelays();
      const window = new UsageWindow(this.processes());
      step.progress('producing');
      const [produced] = await Promise.all([
        run.send(events),
        this.untilArrived(expected, run.deadlineMs ?? arrivalDeadlineMs, step.progress),
      ]);
      await run.afterwards?.();
      if (run.isHistoryAwaited !== false) await this.untilCaughtUp(run.label, outcomesBefore, step.progress);
      const usage = withLoopDelays(window.close() ?? [], delaysBefore, await this.loopDelays());
      await this.stopProfilers(profilers, run.label);
      const report = await this.receiver.ask('report', { events, expected });
      const seconds = Math.max(0.001, (report.lastArrivalMs - produced.startedAtMs) / 1_000);
      const { duplicates, missing, count, p50, p95, p99, max } = report;
      step.done(`${count} deliveries in ${seconds.toFixed(1)} s`);
      return {
        label: run.label,
        events,
        deliveries: count,
        seconds,
        perSecond: count / seconds,
        latencyMs: { count, p50, p95, p99, max },
        duplicates,
        losses: missing,
        cpuMsPerDelivery: usage.length === 0 ? null : systemCpuMs(usage) / Math.max(1, count),
        usage,
        appsPeakBytes: window.appsPeakBytes,
      };
    } catch (error) {
      step.fail();
      throw error;
    }
  }

  /** What `work` costs each process, those of the benchmark named beside; apps that are profiled are so meanwhile. */
  async observe<T>(label: string, workers: readonly ObservedProcess[], work: () => Promise<T>): Promise<Observed<T>> {
    const profilers = await this.startProfilers();
    const window = new UsageWindow([...this.processes(), ...workers]);
    const beganAt = Date.now();
    const value = await work();
    const usage = window.close() ?? [];
    const seconds = (Date.now() - beganAt) / 1_000;
    await this.stopProfilers(profilers, label);
    return { value, usage, seconds };
  }

  /** Posts a second that plain undici brings to the same receiver, with bodies of that size. */
  async rawLimit(bytes = eventBytes): Promise<number> {
    const step = startStep('Raw limit');
    step.progress('posting');
    const url = `${this.origin}/raw`;
    const perSecond = await this.load.ask('raw', { url, posts: 20_000, connections: 64, bytes });
    step.done(`${perSecond.toFixed(0)} POSTs/s by undici alone`);
    return perSecond;
  }

  /** Everything that takes part, the benchmark itself included. */
  processes(): readonly ObservedProcess[] {
    const apps = this.system.apps.map(({ name, process }) => ({ name, kind: 'app' as const, pid: process.pid ?? 0 }));
    const servers = [...this.system.embedded].map(([part, server]) => ({
      name: partNames[part],
      kind: 'server' as const,
      pid: server.pid ?? 0,
      isTree: part === 'postgres',
    }));
    const own = [
      { name: 'receiver', pid: this.receiver.pid },
      { name: 'load', pid: this.load.pid },
      ...this.moreLoads.map(({ pid }) => ({ name: 'second load', pid })),
    ].map((worker) => ({ ...worker, kind: 'load' as const }));
    return [...apps, ...servers, ...own];
  }

  private async untilCaughtUp(label: string, outcomesBefore: number, progress: (text: string) => void): Promise<void> {
    progress('waiting for the history');
    const { requests } = await this.receiver.ask('progress', null);
    const isCaughtUp = await this.catchUp.until(outcomesBefore + requests, historyDeadlineMs, this.signal);
    if (!isCaughtUp) warn(`${label}: the history did not catch up within ${historyDeadlineMs / 1000} s`);
  }

  /** Ends early, and tells so, when nothing more comes: what is missing is a loss then. */
  private async untilArrived(deliveries: number, deadlineMs: number, progress: (text: string) => void): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const { arrived } = await this.receiver.ask('progress', null);
      if (arrived >= deliveries) return;
      if (this.signal.aborted) throw new Stopped();
      if (Date.now() > deadline) {
        warn(`${arrived} of ${deliveries} deliveries came within ${deadlineMs / 1_000} s`);
        return;
      }
      progress(`${arrived} of ${deliveries} deliveries`);
      await pause(progressEveryMs);
    }
  }

  private async loopDelays(): Promise<ReadonlyMap<string, LoopDelays | null>> {
    const found = this.system.apps.map(
      async ({ name, process }) => [name, await loopDelaysOf(process.url)] satisfies [string, LoopDelays | null],
    );
    return new Map(await Promise.all(found));
  }

  private async startProfilers(): Promise<ReadonlyMap<string, Profiler>> {
    const profilers = new Map<string, Profiler>();
    for (const { name, inspectorPort } of this.system.apps) {
      if (inspectorPort !== null) profilers.set(name, await Profiler.start(inspectorPort));
    }
    return profilers;
  }

  private async stopProfilers(profilers: ReadonlyMap<string, Profiler>, label: string): Promise<void> {
    for (const [name, profiler] of profilers) {
      const profile = await profiler.stop();
      const file = keepProfile(profileFolder, `${label.replaceAll(/\W+/g, '-')}-${name}`, profile);
      this.profiles.push({ name: `${name}, ${label}`, file, profile });
    }
  }

  /** The first process of an app. @throws StackFailure when there is none */
  urlOf(app: AppName): string {
    const [first] = this.system.of(app);
    if (first === undefined) throw new StackFailure(`${app} is no part of this system.`);
    return first.process.url;
  }
}

function withLoopDelays(
  usage: readonly ProcessUsage[],
  before: ReadonlyMap<string, LoopDelays | null>,
  after: ReadonlyMap<string, LoopDelays | null>,
): readonly ProcessUsage[] {
  return usage.map((used) => {
    const now = after.get(used.name) ?? null;
    // One that was started in between has seen nothing before.
    return now === null ? used : { ...used, loopDelayMs: worstDelayMs(before.get(used.name) ?? [], now) };
  });
}
