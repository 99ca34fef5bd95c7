/**
 * `npm run advisories`: what is known against the locked packages that run in production. Says so when the registry does not
 * tell, as mirrors do not: that is no good news. Ends with 1 when something serious is known, 0 otherwise.
 */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const serious = ['high', 'critical'];
/** For a registry that does not answer. */
const askMsMax = 60_000;

/** In: what `npm audit --json` said. Out: lines to show, and whether anything is serious. Pure. */
export function judge(text) {
  const report = parsed(text);
  const found = report?.vulnerabilities;
  if (found === undefined) {
    const reason = report?.message ?? report?.error?.summary ?? 'npm audit gave no report';
    return {
      lines: [`? Not known: the registry could not be asked (${reason}). Ask another one with --registry.`],
      isSerious: false,
    };
  }
  const lines = Object.values(found).map(({ name, severity, range }) => `✗ ${name} ${range}: ${severity}`);
  const isSerious = Object.values(found).some(({ severity }) => serious.includes(severity));
  return { lines: lines.length === 0 ? ['✓ Nothing is known against what runs in production.'] : lines, isSerious };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const help = `npm run advisories [-- options of npm audit]

Asks the registry of npm for advisories about what is installed for production.`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (/^(--help|-h)$/.test(process.argv[2])) {
    console.log(help);
    process.exit(0);
  }
  const args = ['audit', '--package-lock-only', '--omit=dev', '--json', '--fetch-retries=0', ...process.argv.slice(2)];
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const { stdout } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', timeout: askMsMax });
  const { lines, isSerious } = judge(stdout ?? '');
  for (const line of lines) console.log(line);
  process.exitCode = isSerious ? 1 : 0;
}
