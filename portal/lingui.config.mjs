/**
 * Texts of the portal. English is what stands in the code; each folder with texts has its own `pt-BR.po` beside them, so
 * that two screens never share a file.
 */
import { readdirSync } from 'node:fs';

const root = import.meta.dirname;
const folders = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.tsx'))
  .map((entry) => entry.parentPath.slice(root.length + 1))
  .filter((folder) => folder !== '');

export default {
  locales: ['en', 'pt-BR'],
  sourceLocale: 'en',
  rootDir: root,
  catalogs: [...new Set(folders)].sort().map((folder) => ({
    path: `<rootDir>/${folder}/{locale}`,
    include: [`<rootDir>/${folder}/*`],
  })),
  compileNamespace: 'es',
};
