/**
 * Puts each app and the libraries that it uses into a few files: a process that starts reads some twenty of them instead of
 * a thousand, in half the processor time (decision 0219). What is compiled stays beside it, for whoever imports a part.
 *
 * node stack/bundle.mjs <root> <folder with compiled apps/ and libs/>
 */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const [root, compiled] = process.argv.slice(2);
const folder = join(compiled, 'apps');
const apps = readdirSync(folder).filter((app) => existsSync(join(folder, app, 'main.js')));

/** Not bundled: kafkajs, since libs/kafka reaches into its files, and what has to be there before anything of the bundle runs. */
const kept = ['kafkajs', '@kafkajs/confluent-schema-registry', 'reflect-metadata'];

/** The compiler's work is kept beside dist/'s files, where that can be written, from the first start of a build on. */
const entry = `import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import 'reflect-metadata';

enableCompileCache(join(import.meta.dirname, '..', '..', '.compile-cache'));
await import('./bundle.js');
flushCompileCache();
`;

const bundle = await rolldown({
  input: Object.fromEntries(apps.map((app) => [`${app}/bundle`, join(folder, app, 'main.js')])),
  cwd: root,
  platform: 'node',
  external: (id) => kept.some((name) => id === name || id.startsWith(`${name}/`)),
  plugins: [{ name: 'maps', load: withMap }],
  onLog(level, log, tell) {
    // Nest and others ask for packages that need not be there.
    if (log.code !== 'UNRESOLVED_IMPORT' && log.code !== 'EVAL') tell(level, log);
  },
});
const { output } = await bundle.write({
  dir: folder,
  format: 'esm',
  // Nest and the mapper know classes by their names.
  keepNames: true,
  sourcemap: true,
  sourcemapExcludeSources: true,
  chunkFileNames: ({ name }) => `chunks/${name.startsWith('vendor') ? 'vendor' : '[name]'}-[hash].js`,
  codeSplitting: { groups: [{ name: 'vendor', test: /[\\/]node_modules[\\/]/, entriesAware: true }] },
});
// Node.js reads every map when it starts. Those of libraries would be most of them.
for (const { type, fileName } of output) {
  if (type !== 'chunk' || !fileName.startsWith('chunks/vendor')) continue;
  const file = join(folder, fileName);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n'));
  rmSync(`${file}.map`);
}
for (const app of apps) {
  writeFileSync(join(folder, app, 'main.js'), entry);
  rmSync(join(folder, app, 'main.js.map'));
}

/** Traces name the lines of the sources. */
function withMap(id) {
  if (!id.startsWith(compiled) || !existsSync(`${id}.map`)) return null;
  return { code: readFileSync(id, 'utf8'), map: JSON.parse(readFileSync(`${id}.map`, 'utf8')) };
}
