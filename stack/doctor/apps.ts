/** The apps, where they are to be reached from here: what each says of its own readiness, and what its clock says. */
import { appNames, type AppName } from '../apps.ts';
import type { AppUrls } from './examination.ts';
import { ok, trouble, type Finding } from './finding.ts';
import { judgeClocks, type ClockReading } from './judgements.ts';

const answerMs = 5_000;
/** The Date of an answer has no fractions (RFC 9110, section 5.6.7), and is made once a second. */
const dateErrorMs = 1_000;

interface Examined {
  readonly finding: Finding;
  /** Null when it is not to be reached. */
  readonly clock: ClockReading | null;
}

export async function examineApps(urls: AppUrls): Promise<readonly Finding[]> {
  const examined = await Promise.all(appNames.map((app) => examineApp(app, urls[app])));
  const clocks = examined.map(({ clock }) => clock).filter((clock) => clock !== null);
  return [...examined.map(({ finding }) => finding), ...judgeClocks(clocks)];
}

async function examineApp(app: AppName, url: string): Promise<Examined> {
  let report: { status: string; checks: Readonly<Record<string, string>> };
  let clock: ClockReading | null;
  try {
    const askedAt = Date.now();
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(answerMs) });
    clock = clockOf(app, response.headers.get('date'), askedAt, Date.now());
    report = (await response.json()) as typeof report;
  } catch {
    // It may well run elsewhere; whether anybody consumes is asked of Kafka.
    const remedy = 'start it; where it runs elsewhere, say where with --apps=, or ask its /health/ready there';
    return { finding: trouble('apps', 'warning', `${app} is not to be reached at ${url}`, remedy), clock: null };
  }
  const failing = Object.entries(report.checks).filter(([, said]) => said !== 'ok');
  if (failing.length === 0) return { finding: ok('apps', `${app} is ready`), clock };
  const said = failing.map(([check, problem]) => `${check}: ${problem}`).join('; ');
  const finding = trouble(
    'apps',
    'error',
    `${app} is not ready: ${said}`,
    'docs/operations.md says what these words mean',
  );
  return { finding, clock };
}

function clockOf(app: AppName, date: string | null, askedAt: number, answeredAt: number): ClockReading | null {
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at)) return null;
  return { what: app, aheadMs: at - (askedAt + answeredAt) / 2, errorMs: dateErrorMs + (answeredAt - askedAt) / 2 };
}
