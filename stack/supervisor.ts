/**
 * Keeps the six apps running: in comes their environment, out go their logs (files; warnings and errors shortly on the
 * screen). An app that dies is started again with back-off. All are gone when `stop` resolves.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../libs/runtime/config.ts';
import { AppProcess, configurationExit, type AppDeath } from './app-process.ts';
import { appNames, appPorts, portsOf, appScript, type AppName } from './apps.ts';
import { StackFailure } from './failure.ts';
import { LogFile } from './log-file.ts';
import { endOrphan } from './orphan.ts';
import { requireFreePort } from './ports.ts';
import { dataFolder } from './repository.ts';
import { screenLine } from './screen-line.ts';
import { ScreenThrottle } from './screen-throttle.ts';
import { startStep, warn } from './terminal.ts';
import { monotonicMs } from '../libs/runtime/monotonic.ts';

const readyDeadlineMs = 90_000;
const stopDeadlineMs = 6500;

/** An app that dies so often before it was ever ready will not become so by itself. */
const deathsMax = 4;

export class Supervisor {
  private readonly processes = new Map<AppName, AppProcess>();
  private readonly ready = new Set<AppName>();
  private readonly throttle = new ScreenThrottle();
  private failWaiting: (reason: StackFailure) => void = () => undefined;

  /** @param env what every app gets */
  constructor(env: Environment) {
    for (const app of appNames) this.processes.set(app, this.processOf(app, env));
  }

  /** Ends apps of an earlier start that was killed. @throws StackFailure when a port is taken by somebody else */
  static async makeRoom(): Promise<void> {
    await Promise.all(appNames.map((app) => endOrphan(pidFileOf(app), appScript(app), 'SIGTERM')));
    for (const app of appNames) await requireFreePort(appPorts[app], app);
  }

  /** Resolves when all are ready. @throws StackFailure when one cannot become so, Stopped */
  async start(signal: AbortSignal): Promise<void> {
    const step = startStep('Apps');
    const hopeless = new Promise<never>((_resolve, reject) => {
      this.failWaiting = reject;
    });
    for (const process of this.processes.values()) process.start();
    const waiting = [...this.processes].map(async ([app, process]) => {
      await this.untilReady(app, process, signal);
      this.ready.add(app);
      const missing = appNames.filter((name) => !this.ready.has(name));
      if (missing.length > 0) step.progress(`waiting for ${missing.join(', ')}`);
    });
    await Promise.race([Promise.all(waiting), hopeless]).finally(step.fail);
    step.done(`${appNames.length} ready`);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.processes.values()].map((process) => process.stop(stopDeadlineMs)));
    for (const app of appNames) rmSync(pidFileOf(app), { force: true });
  }

  /** One after another, so that there is always most of the system. */
  async restart(signal: AbortSignal): Promise<void> {
    for (const [app, process] of this.processes) {
      await process.stop(stopDeadlineMs);
      if (signal.aborted) return;
      process.start();
      await this.untilReady(app, process, signal);
    }
  }

  private processOf(app: AppName, env: Environment): AppProcess {
    const log = new LogFile(logFileOf(app));
    return new AppProcess({
      name: app,
      script: appScript(app),
      port: appPorts[app],
      // There is one process of each app, so its name is enough.
      env: { KAFKA_INSTANCE_ID: app, ...env, ...portsOf(app) },
      onSpawn: (pid) => {
        mkdirSync(join(dataFolder, 'run'), { recursive: true });
        writeFileSync(pidFileOf(app), String(pid));
      },
      onLine: (line) => {
        log.add(line);
        const shown = screenLine(app, line);
        if (shown !== null && this.throttle.mayShow(shown, monotonicMs())) warn(shown);
      },
      onDeath: (death) => {
        this.reportDeath(app, death, log);
      },
    });
  }

  private reportDeath(app: AppName, { code, signal, delayMs, deaths }: AppDeath, log: LogFile): void {
    const how = signal === null ? `with exit status ${String(code)}` : `by ${signal}`;
    const then = delayMs === null ? 'it is not started again' : `started again in ${delayMs / 1000} s`;
    const sentence = `${app} ended ${how}; ${then}`;
    warn(sentence);
    log.add(JSON.stringify({ level: 'error', time: new Date().toISOString(), app: 'supervisor', msg: sentence }));
    const where = `see the lines above and ${log.path}.`;
    if (code === configurationExit)
      this.failWaiting(new StackFailure(`The configuration of ${app} is wrong: ${where}`));
    else if (!this.ready.has(app) && deaths >= deathsMax) {
      this.failWaiting(new StackFailure(`${app} keeps ending before it is ready: ${where}`));
    }
  }

  private async untilReady(app: AppName, process: AppProcess, signal: AbortSignal): Promise<void> {
    try {
      await process.untilReady(readyDeadlineMs, signal);
    } catch (error) {
      if (!(error instanceof StackFailure)) throw error;
      throw new StackFailure(`${error.message}: see ${logFileOf(app)}.`);
    }
  }
}

function pidFileOf(app: AppName): string {
  return join(dataFolder, 'run', `${app}.pid`);
}

function logFileOf(app: AppName): string {
  return join(dataFolder, 'logs', `${app}.log`);
}
