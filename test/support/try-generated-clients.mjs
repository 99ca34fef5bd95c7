/**
 * What generators make of the OpenAPI document is compiled: Python by openapi-python-client, Go and Java by openapi-generator
 * (openapi-typescript is among the types of the repository). Generators come through pip and Maven into .cache/generators; a
 * language whose tools are not here, or whose packages are not to be had within some minutes, is named and left out.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const document = join(root, 'libs', 'api-client', 'generated', 'openapi.json');
const cache = join(root, '.cache', 'generators');
const out = join(cache, 'out');
const pythonClient = '0.29.1';
const openapiGenerator = '7.14.0';
const python = join(cache, 'python', 'bin', 'python');
const generator = join(cache, `openapi-generator-cli-${openapiGenerator}.jar`);

const stepMsMax = 150_000;
/** What Maven and Go say of packages that they cannot fetch: nothing that is wrong with what was generated. */
const notToBeHad =
  /could not (transfer|find|resolve)|non-resolvable|dial tcp|no such host|proxyconnect|connection refused/i;

/** Its output only where it fails. */
function run(command, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: stepMsMax });
  const said = `${command} ${args.join(' ')}\n${stdout}${stderr}${error?.message ?? ''}`;
  return { isDone: status === 0, said, isLeftOut: error?.code === 'ETIMEDOUT' || notToBeHad.test(said) };
}

const isThere = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

function fetchedPython() {
  if (existsSync(python)) return null;
  const steps = [
    ['python3', ['-m', 'venv', join(cache, 'python')]],
    [python, ['-m', 'pip', 'install', '--quiet', `openapi-python-client==${pythonClient}`]],
  ];
  for (const [command, args] of steps) {
    const { isDone, said } = run(command, args);
    if (isDone) continue;
    rmSync(join(cache, 'python'), { recursive: true, force: true });
    return said;
  }
  return null;
}

function fetchedGenerator() {
  if (existsSync(generator)) return null;
  const artifact = `org.openapitools:openapi-generator-cli:${openapiGenerator}`;
  const { isDone, said } = run('mvn', [
    '-q',
    '-B',
    'dependency:copy',
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${cache}`,
  ]);
  return isDone ? null : said;
}

const generate = (...args) => ['java', ['-jar', generator, 'generate', '-i', document, ...args]];
const importAll = `import pathlib, importlib
for file in pathlib.Path('client').rglob('*.py'):
    importlib.import_module('.'.join(file.with_suffix('').parts).removesuffix('.__init__'))`;

const languages = [
  {
    name: 'Python',
    tools: [['python3', '--version']],
    fetched: fetchedPython,
    steps: [
      [
        python,
        [
          '-m',
          'openapi_python_client',
          'generate',
          '--path',
          document,
          '--meta',
          'none',
          '--output-path',
          join(out, 'client'),
        ],
      ],
      [python, ['-c', importAll], out],
    ],
  },
  {
    name: 'Go',
    tools: [
      ['java', '-version'],
      ['mvn', '--version'],
      ['go', 'version'],
    ],
    fetched: fetchedGenerator,
    steps: [
      generate('-g', 'go', '-o', join(out, 'go')),
      ['go', ['mod', 'tidy'], join(out, 'go')],
      ['go', ['build', './...'], join(out, 'go')],
    ],
  },
  {
    name: 'Java',
    tools: [
      ['java', '-version'],
      ['mvn', '--version'],
    ],
    fetched: fetchedGenerator,
    steps: [
      generate('-g', 'java', '--library', 'okhttp-gson', '-o', join(out, 'java')),
      ['mvn', ['-q', '-B', 'compile'], join(out, 'java')],
    ],
  },
];

mkdirSync(cache, { recursive: true });
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
for (const { name, tools, fetched, steps } of languages) {
  const missing = tools.filter(([command, ...args]) => !isThere(command, ...args)).map(([command]) => command);
  const problem = missing.length > 0 ? `there is no ${missing.join(', ')} here` : fetched();
  if (problem !== null) {
    console.log(`left out, because ${problem.trim().split('\n').at(-1)}: a generated client in ${name}`);
    continue;
  }
  const failed = steps
    .values()
    .map((step) => run(...step))
    .find(({ isDone }) => !isDone);
  if (failed === undefined) console.log(`a generated client in ${name} compiles`);
  else if (failed.isLeftOut)
    console.log(`left out, because its packages are not to be had: a generated client in ${name}`);
  else {
    console.error(failed.said.slice(-8_000));
    process.exit(1);
  }
}
