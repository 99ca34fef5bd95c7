/** The schema files under schemas/, read from the repository (or the image), wherever the code runs from. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Parsed content of schemas/<name>.avsc. */
export function schemaFile(name: string): object {
  return JSON.parse(readFileSync(join(schemasFolder(), `${name}.avsc`), 'utf8')) as object;
}

function schemasFolder(): string {
  // Sources lie two levels below the root, compiled code three (dist/): look upwards instead of counting.
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'schemas', 'webhook.deliveries.avsc'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no schemas/ folder above ${import.meta.dirname}`);
    folder = parent;
  }
  return join(folder, 'schemas');
}
