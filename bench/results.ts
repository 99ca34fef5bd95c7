/** Results of runs, kept as JSON: one file a scenario and run. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../stack/repository.ts';
import type { ScenarioResult } from './measured.ts';

export interface KeptResult extends ScenarioResult {
  readonly scenario: string;
  /** RFC 3339. */
  readonly at: string;
  /** Of the sources, with a + when they were changed since; empty when it is unknown. */
  readonly commit: string;
  readonly machine: string;
}

const runsMax = 40;
export const resultsFolder = join(repositoryRoot, 'bench', 'results');

export function keepResult(scenario: string, result: ScenarioResult): KeptResult {
  const kept: KeptResult = { scenario, at: new Date().toISOString(), commit: commit(), machine: machine(), ...result };
  mkdirSync(resultsFolder, { recursive: true });
  const file = join(resultsFolder, `${kept.at.replaceAll(':', '-')}-${scenario}.json`);
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  return kept;
}

/** The path of the picture of all runs. */
export function keepPlot(scenario: string, svg: string): string {
  const file = join(resultsFolder, `${scenario}.svg`);
  writeFileSync(file, svg);
  return file;
}

/** The last ones, oldest first. */
export function keptResults(scenario: string): readonly KeptResult[] {
  if (!existsSync(resultsFolder)) return [];
  return readdirSync(resultsFolder)
    .filter((name) => name.endsWith(`Z-${scenario}.json`))
    .sort()
    .slice(-runsMax)
    .map((name) => JSON.parse(readFileSync(join(resultsFolder, name), 'utf8')) as KeptResult);
}

function commit(): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: repositoryRoot, encoding: 'utf8' });
  const { status, stdout } = git('rev-parse', '--short', 'HEAD');
  if (status !== 0) return '';
  return stdout.trim() + (git('status', '--porcelain', '--untracked-files=no').stdout.trim() === '' ? '' : '+');
}

function machine(): string {
  const gigabytes = Math.round(totalmem() / 1_000_000_000);
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, ${gigabytes} GB, ${process.platform}, Node ${process.version}`;
}
