/** Fetches what the embedded servers are made of from Maven Central, once, into .cache, with visible progress. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { StackFailure, Stopped } from '../failure.ts';
import { javaEnvironment } from './java.ts';
import { isRunning } from '../running.mjs';
import { cacheFolder, repositoryRoot } from '../repository.ts';

/** The plugin version that fetches a single file without asking for its parents' descriptors. */
const dependencyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:2.8';

export interface FetchOptions {
  readonly onProgress: (text: string) => void;
  readonly signal?: AbortSignal;
}

type Fill = (folder: string) => Promise<void>;

/** By name: what this process is fetching. Nodes of one cluster start together, and all want the same jars. */
const underWay = new Map<string, Promise<string>>();

/** The folder .cache/<name>, made by `fill` when it is not there; whoever asks meanwhile waits for the same folder. */
export function cached(name: string, onProgress: (text: string) => void, fill: Fill): Promise<string> {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return Promise.resolve(folder);
  const fetching = underWay.get(name) ?? made(name, onProgress, fill).finally(() => underWay.delete(name));
  underWay.set(name, fetching);
  return fetching;
}

/** Made in a folder beside it first, so that an interrupted download is never taken for a whole one. */
async function made(name: string, onProgress: (text: string) => void, fill: Fill): Promise<string> {
  const folder = join(cacheFolder, name);
  removeAbandoned(name);
  onProgress('asking Maven');
  const partial = `${folder}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    await fill(partial);
    // Another process may have been faster: its folder is as good.
    if (!existsSync(folder)) renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

/** Removes what downloads left behind whose process was killed. */
function removeAbandoned(name: string): void {
  for (const entry of existsSync(cacheFolder) ? readdirSync(cacheFolder) : []) {
    const [, pid] = entry.split(`${name}.partial-`);
    if (pid !== undefined && !isRunning(Number(pid), 'node'))
      rmSync(join(cacheFolder, entry), { recursive: true, force: true });
  }
}

/** The jars of Kafka. @throws StackFailure */
export function fetchKafka(version: string, options: FetchOptions): Promise<string> {
  return cached(`kafka-${version}`, options.onProgress, async (folder) => {
    const pom = join(repositoryRoot, 'stack', 'embedded', 'pom.xml');
    await maven(
      ['-f', pom, `${dependencyPlugin}:copy-dependencies`, `-Dkafka.version=${version}`, `-DoutputDirectory=${folder}`],
      options,
    );
  });
}

/** The unpacked registry. @throws StackFailure */
export function fetchRegistry(version: string, options: FetchOptions): Promise<string> {
  return cached(`registry-${version}`, options.onProgress, async (folder) => {
    const archive = join(folder, 'registry.tar.gz');
    const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
    await maven(
      [`${dependencyPlugin}:get`, `-Dartifact=${artifact}`, '-Dtransitive=false', `-Ddest=${archive}`],
      options,
    );
    options.onProgress('unpacking');
    const { status, stderr, error } = spawnSync('tar', ['-xzf', archive, '-C', folder], { encoding: 'utf8' });
    if (status !== 0) throw new StackFailure(`The registry cannot be unpacked: ${error?.message ?? stderr.trim()}.`);
    rmSync(archive);
  });
}

function maven(args: readonly string[], options: FetchOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('mvn', args, {
      cwd: cacheFolder,
      env: { ...process.env, ...javaEnvironment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const errors: string[] = [];
    const read = (chunk: Buffer) => {
      for (const line of chunk.toString('utf8').split(/[\r\n]+/)) {
        const progress = downloadProgress(line);
        if (progress !== null) options.onProgress(progress);
        if (/ERROR|BUILD FAILURE/.test(line)) errors.push(stripVTControlCharacters(line).trim());
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.name === 'AbortError') reject(new Stopped());
      else reject(new StackFailure(missingMaven(error)));
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new StackFailure(
            `The download from Maven Central failed (${errors[0]?.slice(0, 300) ?? `mvn exit ${String(code)}`}): check network, proxy (~/.m2/settings.xml) and free disk space, then try again.`,
          ),
        );
    });
  });
}

function missingMaven(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT'
    ? 'Maven is missing, which fetches Kafka and the schema registry: install it (Debian: apt install maven), or name running ones in KAFKA_BROKERS and SCHEMA_REGISTRY_URL.'
    : `Maven cannot be run: ${error.message}.`;
}

/** What a line of Maven says about a download, in short; null when nothing. Pure. */
export function downloadProgress(line: string): string | null {
  const amount = /^Progress \(\d+\): (.+?)\s*$/.exec(line)?.[1];
  if (amount !== undefined) return amount;
  const file = /^(?:\S*\s)?Downloading from \S+ \S*\/(\S+)$/.exec(line)?.[1];
  return file === undefined ? null : file;
}
