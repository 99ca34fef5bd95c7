/** `npm run dev`: the whole system, rebuilt and its apps restarted when a source changes. */
import { watch } from 'node:fs';
import { join } from 'node:path';
import { build } from '../build.mjs';
import { Stopped, sentenceOf } from '../failure.ts';
import { apiUrl } from '../local-access.ts';
import { runLocalStack, type LocalStack } from '../local-stack.ts';
import { repositoryRoot } from '../repository.ts';
import { runVerb, untilAborted } from '../run-verb.ts';
import { say, warn } from '../terminal.ts';

const verb = {
  name: 'dev',
  summary:
    'Starts the whole system; when a source in apps/, libs/ or schemas/ changes, builds it and restarts the apps; when one in portal/ changes, only builds it.',
  flags: {},
};

/** Editors write a file in several steps, and branches change many at once. */
const settleMs = 300;

const sources = /\.(tsx?|mjs|avsc|json|css|po|html|svg)$/;

class Reloader {
  private areAppsOld = false;
  private readonly stack: LocalStack;
  private readonly signal: AbortSignal;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(stack: LocalStack, signal: AbortSignal) {
    this.stack = stack;
    this.signal = signal;
  }

  changed(file: string): void {
    if (this.timer !== null) clearTimeout(this.timer);
    // The page is read anew for whoever asks for it.
    this.areAppsOld ||= !file.startsWith('portal');
    this.timer = setTimeout(() => {
      this.running = this.running.then(() => this.reload(file));
    }, settleMs);
  }

  /** Resolves when no restart is under way any more, and none follows. */
  async finish(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  private async reload(file: string): Promise<void> {
    if (this.signal.aborted) return;
    say(`${file} changed: building`);
    try {
      build(repositoryRoot, process.execPath);
      if (!this.areAppsOld) {
        say('✓ Portal built: reload the page');
        return;
      }
      this.areAppsOld = false;
      await this.stack.supervisor.restart(this.signal);
      say('✓ Apps restarted');
    } catch (error) {
      if (!(error instanceof Stopped)) warn(sentenceOf(error));
    }
  }
}

// At the end: it does not return, and what stands behind it would never be there.
await runVerb(verb, ({ signal }) =>
  runLocalStack(signal, async (stack) => {
    const reloader = new Reloader(stack, signal);
    const watchers = ['apps', 'libs', 'schemas', 'portal'].map((folder) =>
      watch(join(repositoryRoot, folder), { recursive: true }, (_event, file) => {
        if (file !== null && sources.test(file) && !file.endsWith('.spec.ts')) reloader.changed(join(folder, file));
      }),
    );
    // Not before: a change that comes right after it is one too.
    say(`\nReady at ${apiUrl}/v1, watching the sources. Ctrl-C stops everything.\n`);
    await untilAborted(signal);
    for (const watcher of watchers) watcher.close();
    await reloader.finish();
  }),
);
