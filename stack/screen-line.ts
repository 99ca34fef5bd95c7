/** From a line of an app's JSON log to what the screen shows of it: warnings and errors, in short. Pure. */

const widthMax = 200;

/** Null: not for the screen. A line that is no JSON comes from outside our logger, such as Node's last words. */
export function screenLine(app: string, line: string): string | null {
  const entry = parsed(line);
  if (entry === null) return line.trim() === '' ? null : `[${app}] ${cut(line)}`;
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
