/**
 * `npm run generate`: the OpenAPI document as a file, and the types of a client made from it, both below generated/
 * and in no commit. Types alone are generated, so nothing that runs can be out of date; `npm run types` and
 * `npm run lint` come here first. Takes Node.js 24, which reads the contract's TypeScript as it is.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { openApiDocument } from '../api-contract/openapi.ts';

if (/^(--help|-h)$/.test(process.argv[2])) {
  console.log(`npm run generate

Makes libs/api-client/generated/: the OpenAPI document, and the types of a client from it.`);
  process.exit(0);
}

const root = join(import.meta.dirname, '..', '..');
const folder = join(import.meta.dirname, 'generated');
const documentFile = join(folder, 'openapi.json');
const typesFile = join(folder, 'api.d.ts');

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const document = `${JSON.stringify(openApiDocument(version), null, 2)}\n`;

if (!existsSync(typesFile) || !existsSync(documentFile) || readFileSync(documentFile, 'utf8') !== document) {
  const types = await openapiTypescript(JSON.parse(document), {
    alphabetize: false,
    // A field with a default may be left out of a request.
    defaultNonNullable: false,
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(typesFile, `/** Made from the OpenAPI document by npm run generate. */\n\n${astToString(types)}`);
  // Last: what is there marks the types as those of this document.
  writeFileSync(documentFile, document);
}
