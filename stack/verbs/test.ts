/**
 * `npm test`: unit, adapter and pipeline tests. Runs jest and has the last word: the count of passed and failed tests,
 * also when jest crashes or a leaked handle keeps it from ending.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findChromium, noChromium } from '../chromium.ts';
import { repositoryRoot } from '../repository.ts';
import { say } from '../terminal.ts';

const help = `npm test [-- options of jest]

Runs unit, adapter and pipeline tests on real servers, and those of the portal in a browser: those that KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL
name, else embedded ones; containers with TEST_STACK=containers. Ports and data are apart from those of npm start.

  npm test -- --selectProjects unit                the quick ones
  npm test -- test/pipeline/delivers-signed        one file
  npm test -- -t 'part of a name'                  by name

Not part of it, because each takes minutes:

  npm run test:faults                              apps, Kafka and PostgreSQL killed and restarted in mid-stream
  npm run test:cluster                             three brokers and two of each app under restarts, kills and freezes
  npm run test:patience                            what a system says only after minutes`;

const slowProjects = ['faults', 'cluster', 'patience'] as const;

/** How long jest may take to end after the last test and the servers' stop. */
const leaveDeadlineMs = 30_000;

interface Summary {
  readonly reasons: readonly string[];
  readonly line: string;
  readonly failed: number;
}

const words = process.argv.slice(2);
if (words.includes('--help') || words.includes('-h')) {
  say(help);
} else {
  // The channel to the parent would keep this process alive.
  process.exit(await runJest([...words, ...withoutSlow(words), ...withoutBrowser(words)]));
}

/** They have to be asked for: by project or by path. */
function withoutSlow(args: readonly string[]): readonly string[] {
  if (args.some((word) => word.startsWith('--selectProjects'))) return [];
  const unasked = slowProjects.filter((project) => !args.some((word) => word.includes(`test/${project}`)));
  return unasked.map((project) => `--ignoreProjects=${project}`);
}

/** Where nobody can have installed one, the rest is tested all the same; where CI says that it is one, that is an error. */
function withoutBrowser(args: readonly string[]): readonly string[] {
  const isAsked = args.some((word) => word.includes('portal'));
  if (findChromium() !== null || isAsked || process.env['CI'] !== undefined) return [];
  if (args.some((word) => word.startsWith('--selectProjects'))) return [];
  say(`The tests of the portal are left out. ${noChromium}`);
  return ['--ignoreProjects=portal'];
}

async function runJest(args: readonly string[]): Promise<number> {
  const jest = join(repositoryRoot, 'node_modules', 'jest', 'bin', 'jest.js');
  const nodeOptions = ['--experimental-vm-modules', '--no-warnings'];
  const child = spawn(process.execPath, [...nodeOptions, jest, ...args], {
    cwd: repositoryRoot,
    env: { ...process.env, STACK_IS_BUILT: 'true' },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  let summary: Summary | null = null;
  let isLeaking = false;
  child.on('message', (message) => {
    summary = message as Summary;
    void pause(leaveDeadlineMs, undefined, { ref: false }).then(() => {
      isLeaking = child.exitCode === null;
      if (isLeaking) child.kill('SIGKILL');
    });
  });
  // Ctrl-C reaches jest by itself; what reaches this process alone is passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('disconnect', () => child.kill('SIGTERM'));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return report(summary, code, isLeaking);
}

function report(summary: Summary | null, code: number | null, isLeaking: boolean): number {
  say();
  if (isLeaking) say('A test left a handle open, and jest did not end: find it with -- --detectOpenHandles.');
  if (summary === null) {
    say('Jest ended without a result, see above.');
    say('0 passed, 1 failed');
    return 1;
  }
  for (const reason of summary.reasons) say(reason);
  const isClean = code === 0 && !isLeaking;
  // The line must not claim success for a run that did not end well.
  say(isClean || summary.failed > 0 ? summary.line : summary.line.replace(/, \d+ failed/, ', 1 failed'));
  return isClean ? 0 : 1;
}
