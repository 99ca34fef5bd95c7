/** From a line of an app's JSON log to what the screen shows of it: warnings and errors, in short. Pure. */

const widthMax = 200;

/** A line that is no JSON comes from outside our logger, such as Node's last words: the one that names the trouble. */
const lastWords = /^\S.*(error|fatal|fault|killed|out of memory)\b/i;

/** Null: not for the screen. */
export function screenLine(app: string, line: string): string | null {
  const entry = parsed(line);
  if (entry === null) return lastWords.test(line) ? `[${app}] ${cut(line)}` : null;
  const level = entry['level'];
  if (level !== 'warn' && level !== 'error') return null;
  const reason = [entry['problem'], entry['error']].find((value) => typeof value === 'string');
  const message = typeof entry['msg'] === 'string' ? entry['msg'] : '';
  return `[${app}] ${level}: ${cut(reason === undefined ? message : `${message}: ${reason}`)}`;
}

function parsed(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function cut(text: string): string {
  return text.length > widthMax ? `${text.slice(0, widthMax)}…` : text;
}
