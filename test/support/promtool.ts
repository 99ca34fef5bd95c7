/** Prometheus's own checker of rules: it comes with a package of Debian (`.ci/run` takes it), and is asked where it is. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './source-tree.ts';

export interface PromtoolAnswer {
  readonly status: number | null;
  /** Empty when all is well. */
  readonly said: string;
}

export type Promtool = (...args: string[]) => PromtoolAnswer;

/** Null: there is none. */
export function findPromtool(): Promtool | null {
  const places = [join(repositoryRoot, '.cache', 'promtool', 'promtool'), 'promtool'];
  const found = places.find((place) => spawnSync(place, ['--version']).status === 0);
  if (found === undefined) return null;
  return (...args) => {
    const { status, stdout, stderr } = spawnSync(found, args, { cwd: repositoryRoot, encoding: 'utf8' });
    return { status, said: status === 0 ? '' : stdout + stderr };
  };
}
