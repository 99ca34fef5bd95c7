/** What the person at the terminal sees: a line a step, with progress that rewrites itself where the terminal can. */

const isTerminal = process.stdout.isTTY;
const plainProgressMs = 3000;

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
}

/** Several steps run side by side: only the newest progress is shown, finished ones stay as lines. */
export function startStep(label: string): Step {
  const startedAt = Date.now();
  let shownAt = 0;
  return {
    progress(text) {
      const line = `… ${label}: ${text}`;
      if (isTerminal) {
        process.stdout.write(`\r\u001b[K${line.slice(0, process.stdout.columns - 1)}`);
      } else if (Date.now() - shownAt >= plainProgressMs) {
        shownAt = Date.now();
        say(line);
      }
    },
    done(text = '') {
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      if (isTerminal) process.stdout.write('\r\u001b[K');
      say(`✓ ${label}${text === '' ? '' : `: ${text}`} (${seconds} s)`);
    },
  };
}
