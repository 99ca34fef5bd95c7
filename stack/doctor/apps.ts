/** The apps, where they are to be reached from here: what each says of its own readiness. */
import { appNames, type AppName } from '../apps.ts';
import type { AppUrls } from './examination.ts';
import { ok, trouble, type Finding } from './finding.ts';

const answerMs = 5_000;

export async function examineApps(urls: AppUrls): Promise<readonly Finding[]> {
  return Promise.all(appNames.map((app) => examineApp(app, urls[app])));
}

async function examineApp(app: AppName, url: string): Promise<Finding> {
  let report: { status: string; checks: Readonly<Record<string, string>> };
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(answerMs) });
    report = (await response.json()) as typeof report;
  } catch {
    // It may well run elsewhere; whether anybody consumes is asked of Kafka.
    const remedy = `start it, or ask its /health/ready where it runs`;
    return trouble('apps', 'warning', `${app} is not to be reached at ${url}`, remedy);
  }
  const failing = Object.entries(report.checks).filter(([, said]) => said !== 'ok');
  if (failing.length === 0) return ok('apps', `${app} is ready`);
  const said = failing.map(([check, problem]) => `${check}: ${problem}`).join('; ');
  return trouble('apps', 'error', `${app} is not ready: ${said}`, 'docs/operations.md says what these words mean');
}
