/**
 * `npm run pack-cli [-- <folder>]`: the command line as a package of its own, for machines without a checkout. Bundles it with
 * what it imports, beside kafkajs, whose inner modules are patched and so have to be files; then `npm pack` makes the tarball.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const help = `npm run pack-cli [-- <folder>]

Packs the command line into <folder>/deeperhub-webhooks-cli-<version>.tgz; default: .build-cli.`;

/** In the order of need: the folder of the package, its bundle, the tarball. Returns the name of the tarball. */
async function pack(folder) {
  const staged = join(folder, 'package');
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(staged, { recursive: true });
  cpSync(join(root, 'packages', 'cli'), staged, { recursive: true });
  cpSync(join(root, 'LICENSE'), join(staged, 'LICENSE'));
  cpSync(join(root, 'node_modules', 'kafkajs'), join(staged, 'node_modules', 'kafkajs'), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(staged, 'package.json'), 'utf8'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(staged, 'package.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    publicDir: false,
    ssr: { noExternal: true, external: ['kafkajs'], target: 'node' },
    build: {
      ssr: join(root, 'cli', 'main.ts'),
      outDir: join(staged, 'dist'),
      emptyOutDir: true,
      target: 'node20',
      minify: false,
      license: { fileName: 'LICENSES.md' },
      rolldownOptions: { output: { format: 'es', entryFileNames: 'main.mjs', chunkFileNames: '[name]-[hash].mjs' } },
    },
  });
  const said = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: staged,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const [{ filename }] = JSON.parse(said);
  return join(folder, filename);
}

const [word = '.build-cli'] = process.argv.slice(2);
if (word === '--help' || word === '-h') console.log(help);
else console.log(await pack(resolve(root, word)));
