/** `node portal/build.mjs <folder>`: the portal as files to be served, each beside its gzip and brotli form. Takes Node.js 24. */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';
import { embedConfig, portalConfig } from './vite.config.mjs';

const compressible = /\.(js|css|svg|json|html)$/;
const bytesMin = 512;

const outDir = process.argv[2];
if (outDir === undefined) throw new Error('name the folder to build into');
await build(portalConfig(outDir));
await build(embedConfig(outDir));
const files = await readdir(outDir, { recursive: true });
await Promise.all(files.filter((file) => compressible.test(file)).map((file) => compress(join(outDir, file))));

async function compress(file) {
  const bytes = await readFile(file);
  if (bytes.length < bytesMin) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const [zipped, brotli] = await Promise.all([
    promisify(gzip)(bytes, { level: 9 }),
    promisify(brotliCompress)(bytes, { params }),
  ]);
  await Promise.all([writeFile(`${file}.gz`, zipped), writeFile(`${file}.br`, brotli)]);
}
