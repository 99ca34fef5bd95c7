/** What an examination finds, and how bad it is. Pure. */

/** notice: to be known, nothing to do. warning: look at it today. error: deliveries are lost or late, or will be. */
export type Severity = 'ok' | 'notice' | 'warning' | 'error';

/** What is looked at. What others depend on comes first, so that a cause stands above its effects. */
export const areas = {
  configuration:
    'Every key of every app, as the apps themselves check it at boot; with an error here nothing else is asked',
  disk: 'Room for the data of the parts that npm start embeds',
  kafka: 'Whether the brokers answer; if not, which address, TLS, login or right is wrong',
  schemas: 'Whether each subject has our schema as its newest version, and the promise BACKWARD_TRANSITIVE',
  database:
    'Whether PostgreSQL answers and can be written, and whether a pooler stands before it; migrations, also those of a newer release; indexes, partitions ahead, the outbox',
  topics:
    'Missing topics; partitions, replicas and settings other than configured; partitions without leader or replica',
  definitions: 'Whether webhook.definitions and webhook.event-types say what the database says',
  clocks: 'Those of the apps and of PostgreSQL beside the one of this machine',
  rejected: 'How many events were rejected within a day, by reason',
  keys: 'Whether ENCRYPTION_KEYS opens what is sealed: secrets of webhooks, kept answers to requests with an Idempotency-Key',
  egress: 'What the rules open, and active webhooks whose URL they refuse',
  apps: '`/health/ready` of each app, and whether all are of one version',
  lag: 'Whether each app consumes, and how many records it is behind',
} as const;

export type Area = keyof typeof areas;

export interface Finding {
  readonly area: Area;
  readonly severity: Severity;
  readonly says: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
}

export function ok(area: Area, says: string): Finding {
  return { area, severity: 'ok', says, remedy: null };
}

export function trouble(area: Area, severity: Exclude<Severity, 'ok'>, says: string, remedy: string): Finding {
  return { area, severity, says, remedy };
}

const areaNames = Object.keys(areas);

/** Findings of one area stand together, whichever was made first. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => areaNames.indexOf(a.area) - areaNames.indexOf(b.area));
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

/** For a person: the worst first, a line a finding, with what to do below it, and the sum at the end. */
export function reportLines(findings: readonly Finding[]): readonly string[] {
  const width = Math.max(0, ...findings.map(({ area }) => area.length));
  const worstFirst = findings.toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity));
  const lines = worstFirst.flatMap(({ area, severity, says, remedy }) => [
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
