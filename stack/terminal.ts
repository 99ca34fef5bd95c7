/** What the person at the terminal sees: a line a step, with progress that rewrites itself where the terminal can. */
import { monotonicMs } from '../libs/runtime/monotonic.ts';

const isTerminal = process.stdout.isTTY;
const plainProgressMs = 3000;
const heartbeatMs = 10_000;

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function warn(line: string): void {
  process.stdout.write(`! ${line}\n`);
}

/** A step that takes a while. */
export interface Step {
  readonly progress: (text: string) => void;
  readonly done: (text?: string) => void;
  /** It will not be done: says nothing, the failure speaks for itself. */
  readonly fail: () => void;
}

/** Several steps run side by side: only the newest progress is shown, finished ones stay as lines. */
export function startStep(label: string): Step {
  const startedAt = monotonicMs();
  let shownAt = 0;
  let latest = 'starting';
  const seconds = () => (monotonicMs() - startedAt) / 1000;
  const show = () => {
    shownAt = monotonicMs();
    const line = `… ${label}: ${latest} (${seconds().toFixed(0)} s)`;
    if (isTerminal) process.stdout.write(`\r\u001b[K${line.slice(0, process.stdout.columns - 1)}`);
    else say(line);
  };
  // Silence looks like a hang: what takes long is shown again now and then.
  const heartbeat = setInterval(() => {
    if (monotonicMs() - shownAt >= heartbeatMs) show();
  }, heartbeatMs);
  heartbeat.unref();
  return {
    progress(text) {
      latest = text;
      if (isTerminal || monotonicMs() - shownAt >= plainProgressMs) show();
    },
    done(text = '') {
      clearInterval(heartbeat);
      if (isTerminal) process.stdout.write('\r\u001b[K');
      say(`✓ ${label}${text === '' ? '' : `: ${text}`} (${seconds().toFixed(1)} s)`);
    },
    fail() {
      clearInterval(heartbeat);
      if (isTerminal) process.stdout.write('\r\u001b[K');
    },
  };
}
