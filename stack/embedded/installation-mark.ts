/**
 * Where PostgreSQL cannot lie in .data it lies elsewhere, and what belongs together can be torn: whoever deletes .data
 * deletes Kafka's topics and the keys, while the database keeps positions in those topics and secrets under those keys. A
 * mark on both sides says that they are of one installation. In: both folders. Out: that they match, or why not.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StackFailure } from '../failure.ts';

export interface Halves {
  /** The folder of PostgreSQL in .data, with nothing but the mark in it. */
  readonly inside: string;
  /** Where PostgreSQL lies. */
  readonly outside: string;
  /** Whether `inside` was there before this start. */
  readonly wasThere: boolean;
  /** Its name in `outside` says that there is a database. */
  readonly initialisedFile: string;
}

const markFile = 'installation';

/** @throws StackFailure that says where both are and what can be done */
export function requireOneInstallation({ inside, outside, wasThere, initialisedFile }: Halves): void {
  const [ours, theirs] = [markIn(inside), markIn(outside)];
  const hasDatabase = existsSync(join(outside, initialisedFile));
  if (hasDatabase && ours !== null && ours === theirs) return;
  // A first start, or one that came no further than this.
  const isFirst = !hasDatabase && (ours === null || ours === theirs);
  // Of a version that made no marks: the folder in .data is there from the first start on.
  const isUnmarked = hasDatabase && ours === null && theirs === null && wasThere;
  if (!isFirst && !isUnmarked) {
    // Else the next try would find it there.
    if (!wasThere) rmSync(inside, { recursive: true });
    throw new StackFailure(hasDatabase ? foreign(inside, outside) : lost(inside, outside));
  }
  const mark = ours ?? randomBytes(16).toString('hex');
  for (const folder of [outside, inside]) writeFileSync(join(folder, markFile), `${mark}\n`);
}

function markIn(folder: string): string | null {
  const file = join(folder, markFile);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

function foreign(inside: string, outside: string): string {
  return `PostgreSQL's data lies in ${outside}, because its user may not enter this folder, and belongs to a ${dirname(inside)} that is not there any more: its secrets are sealed with other keys, its positions are of other topics. Put that folder back, or begin anew with 'rm -rf ${outside}', which deletes the database.`;
}

function lost(inside: string, outside: string): string {
  return `PostgreSQL's data lay in ${outside} and is not there any more, while topics and keys are in ${dirname(inside)}. Put it back, or begin anew with 'rm -rf ${dirname(inside)}', which deletes topics and keys.`;
}
