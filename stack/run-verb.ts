/** How every verb begins and ends: options read, signals heard, failures told in one sentence, an honest exit status. */
import { trustAuthorities } from '../libs/runtime/authorities.ts';
import { ConfigError } from '../libs/runtime/config.ts';
import { configurationExit } from './app-process.ts';
import { parseCommandLine, type Verb } from './command-line.ts';
import { Stopped, sentenceOf } from './failure.ts';
import { say } from './terminal.ts';

export interface VerbContext {
  readonly flags: ReadonlySet<string>;
  /** Of flags that take one, such as --apps=. */
  readonly values: ReadonlyMap<string, string>;
  /** Aborted by Ctrl-C, SIGTERM, a closed terminal or a killed parent. */
  readonly signal: AbortSignal;
}

/** Whatever hangs, this process leaves; what it started notices that and leaves too. */
const stopDeadlineMs = 9_700;

/** Runs `main` and ends the process with the status that it returns: 0 when it returns no number, 1 after a failure, 78 where it is the configuration. */
export async function runVerb(verb: Verb, main: (context: VerbContext) => Promise<unknown>): Promise<never> {
  const commandLine = parseCommandLine(verb, process.argv.slice(2));
  switch (commandLine.kind) {
    case 'help':
      say(commandLine.text);
      return process.exit(0);
    case 'refused':
      return fail(commandLine.sentence);
    case 'run':
      return endAfter((signal) => main({ flags: commandLine.flags, values: commandLine.values, signal }));
  }
}

/** Runs `main` to its end with signals heard and failures told. @param main gets {@link VerbContext.signal} */
export async function endAfter(main: (signal: AbortSignal) => Promise<unknown>): Promise<never> {
  process.on('unhandledRejection', (error) => fail(sentenceOf(error)));
  process.on('uncaughtException', (error) => fail(sentenceOf(error)));
  try {
    trustNamed();
    const status = await main(stopSignal());
    return process.exit(typeof status === 'number' ? status : 0);
  } catch (error) {
    if (error instanceof ConfigError) {
      return fail(['The configuration is wrong.', ...error.problems].join('\n  '), configurationExit);
    }
    if (!(error instanceof Stopped)) return fail(sentenceOf(error));
  }
  return process.exit(0);
}

/** What is wrong with TLS_CA is told by whoever reads the whole configuration, with all else that is. */
function trustNamed(): void {
  try {
    trustAuthorities(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
}

/** Ends the process with a sentence that says why. */
export function fail(sentence: string, status = 1): never {
  process.stderr.write(`\n✗ ${sentence}\n`);
  process.exit(status);
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) return;
    controller.abort();
    setTimeout(() => fail('Something did not stop in time and was left to stop on its own.'), stopDeadlineMs).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
  return controller.signal;
}

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else {
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
    }
  });
}
