/** What an examination finds, and how bad it is. Pure. */

/** notice: to be known, nothing to do. warning: look at it today. error: deliveries are lost or late, or will be. */
export type Severity = 'ok' | 'notice' | 'warning' | 'error';

export interface Finding {
  /** What was looked at: kafka, topics, lag, schemas, database, clocks, keys, egress, apps, configuration. */
  readonly area: string;
  readonly severity: Severity;
  readonly says: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
}

export function ok(area: string, says: string): Finding {
  return { area, severity: 'ok', says, remedy: null };
}

export function trouble(area: string, severity: Exclude<Severity, 'ok'>, says: string, remedy: string): Finding {
  return { area, severity, says, remedy };
}

const severities: readonly Severity[] = ['ok', 'notice', 'warning', 'error'];

export function worstOf(findings: readonly Finding[]): Severity {
  return severities[Math.max(0, ...findings.map(({ severity }) => severities.indexOf(severity)))] ?? 'ok';
}

/** 0: nothing to do, 1: a warning, 2: an error. */
export function exitStatusOf(findings: readonly Finding[]): number {
  return { ok: 0, notice: 0, warning: 1, error: 2 }[worstOf(findings)];
}

const marks: Readonly<Record<Severity, string>> = { ok: '✓', notice: '·', warning: '!', error: '✗' };

/** For a person: a line a finding, with what to do below it, and the sum at the end. */
export function reportLines(findings: readonly Finding[]): readonly string[] {
  const width = Math.max(0, ...findings.map(({ area }) => area.length));
  const lines = findings.flatMap(({ area, severity, says, remedy }) => [
    `${marks[severity]} ${area.padEnd(width)}  ${says}`,
    ...(remedy === null ? [] : [`  ${''.padEnd(width)}  → ${remedy}`]),
  ]);
  const countOf = (wanted: Severity) => findings.filter(({ severity }) => severity === wanted).length;
  const sum = [
    ['error', countOf('error')],
    ['warning', countOf('warning')],
  ].filter(([, count]) => count !== 0);
  const words = sum.map(([name, count]) => `${count} ${name}${count === 1 ? '' : 's'}`);
  return [...lines, '', words.length === 0 ? 'Nothing is wrong.' : `${words.join(', ')}.`];
}
