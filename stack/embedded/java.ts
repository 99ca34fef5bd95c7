/** Is there a Java that can run Kafka and the registry? */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { StackFailure } from '../failure.ts';

const leastVersion = 17;

/**
 * Names of files are UTF-8. In a process whose locale says nothing of it (LANG=C, as in cron and containers) Java would
 * read every letter beyond ASCII as another one, and keep its data in a folder beside the one that it was given.
 */
export const javaEnvironment = { LC_ALL: 'C.UTF-8' } as const;

/** The `java` command. @throws StackFailure when it is missing or too old */
export function requireJava(): string {
  const home = process.env['JAVA_HOME'];
  const fromHome = home === undefined || home === '' ? null : join(home, 'bin', 'java');
  const candidates = fromHome === null ? ['java'] : [fromHome, 'java'];
  const versions = candidates.map((command) => ({ command, version: versionOf(command) }));
  const usable = versions.find(({ version }) => version !== null && version >= leastVersion);
  if (usable !== undefined) return usable.command;
  const way = `install Java ${leastVersion} or newer (Debian: apt install openjdk-17-jre-headless)`;
  const known = versions.find(({ version }) => version !== null);
  throw new StackFailure(
    known === undefined
      ? `Java is missing, which Kafka and the schema registry need: ${way}, or name running ones in KAFKA_BROKERS and SCHEMA_REGISTRY_URL.`
      : `Java ${String(known.version)} is too old for Kafka: ${way}, or name a running one in KAFKA_BROKERS.`,
  );
}

function versionOf(command: string): number | null {
  const { stderr, status } = spawnSync(command, ['-version'], { encoding: 'utf8' });
  return status === 0 ? javaMajorVersion(stderr) : null;
}

/** Major version in the output of `java -version`: 17 of "17.0.15", 8 of "1.8.0_392". Pure. */
export function javaMajorVersion(text: string): number | null {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match === null ? null : Number(match[1]);
}
