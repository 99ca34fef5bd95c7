/**
 * Bundles each file that is named on its command line for a browser, as the portal's build does, and writes
 * `{ <file>: <script> }`. A process of its own: the bundler's native part takes no objects of Jest's realm.
 */
import { build } from 'vite';

/** Rather an error than an empty module in the place of one. */
const noBuiltins = {
  name: 'no-builtins',
  enforce: 'pre',
  resolveId(source, importer) {
    if (source.startsWith('node:')) throw new Error(`${importer} imports ${source}`);
    return null;
  },
};

const scripts = {};
for (const file of process.argv.slice(2)) {
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [noBuiltins],
    build: {
      write: false,
      target: 'es2023',
      minify: true,
      // One script that leaves its exports in `bundle`.
      lib: { entry: file, formats: ['iife'], name: 'bundle' },
    },
  });
  scripts[file] = output[0].code;
}
process.stdout.write(JSON.stringify(scripts));
