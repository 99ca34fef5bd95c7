/** `node portal/collect-texts.mjs`: every text of the portal and every Portuguese one, as JSON, for the test that compares them. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { extractor, getCatalogs } from '@lingui/cli/api';
import { getConfig } from '@lingui/conf';

const root = import.meta.dirname;
const linguiConfig = getConfig({ configPath: join(root, 'lingui.config.mjs') });
const said = {};
const translated = {};
for (const name of readdirSync(root, { recursive: true })) {
  if (!/\.tsx?$/.test(name) || /\.(spec|d)\.ts$/.test(name)) continue;
  const text = readFileSync(join(root, name), 'utf8');
  if (!text.includes('@lingui/')) continue;
  const found = ({ id, message = id }) => {
    said[id] = `${dirname(name)}: ${message}`;
  };
  await extractor.extract(join(root, name), text, found, { linguiConfig });
}
for (const catalog of await getCatalogs(linguiConfig)) {
  const folder = dirname(relative(root, catalog.path));
  for (const [id, { translation, message = id }] of Object.entries((await catalog.read('pt-BR')) ?? {})) {
    if (translation !== '') translated[id] = `${folder}: ${message}`;
  }
}
process.stdout.write(JSON.stringify({ said, translated }));
