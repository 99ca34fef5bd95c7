/** Why PostgreSQL cannot be asked, and the way out. Pure: what the driver threw comes in. */
import { placeOf } from '../../libs/runtime/masked-value.ts';
import { trouble, type Finding } from '../../libs/domain/system/finding.ts';
import { sentenceOf } from '../failure.ts';

export function judgeDatabaseTrouble(error: unknown, databaseUrl: string): Finding {
  const [says, remedy] = causeOf(error, databaseUrl);
  return trouble('database', 'error', says, remedy);
}

function causeOf(error: unknown, databaseUrl: string): readonly [says: string, remedy: string] {
  const codes = codesWithin(error);
  const said = sentenceOf(error);
  // The driver's codes do not come through everywhere; its words do.
  const has = (...wanted: readonly string[]) => wanted.some((code) => codes.has(code) || said.includes(` ${code} `));
  const url = URL.parse(databaseUrl);
  const place = placeOf(databaseUrl);
  const host = url?.host ?? place;
  // SQLSTATEs: PostgreSQL, appendix A.
  if (has('3D000')) {
    const name = decodeURIComponent(url?.pathname.slice(1) ?? '');
    const remedy = 'correct the name in DATABASE_URL; for a new system npm run setup creates the database';
    return [`there is no database "${name}" at ${host}`, remedy];
  }
  if (/no encryption|SSL off|SSL connections?/i.test(said)) {
    return [`${host} and this client do not agree on TLS: ${said}`, 'correct sslmode in DATABASE_URL'];
  }
  if (has('28P01', '28000')) {
    const remedy = 'correct user and password in DATABASE_URL; a line for this host may be missing in pg_hba.conf';
    return [`${host} refuses the login: ${said}`, remedy];
  }
  if (has('42501')) return [`the user lacks rights: ${said}`, 'grant them, or use the user that setup runs as'];
  if (has('53300')) {
    return [`${host} has no connection left: ${said}`, 'raise max_connections, or use a pooler: docs/operations.md'];
  }
  if (has('57P03')) return [`${host} is not taking connections: ${said}`, 'it starts up or shuts down: ask again'];
  if (has('ENOTFOUND', 'EAI_AGAIN')) {
    return [`the host of ${place} is unknown`, 'correct the host in DATABASE_URL, or the DNS of this machine'];
  }
  if (has('ECONNREFUSED')) {
    return [`nothing listens at ${host}`, 'start PostgreSQL, or correct host and port in DATABASE_URL'];
  }
  if (/timeout/i.test(said) || has('ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH')) {
    const remedy = 'look at its process and log, it hangs; or correct host and port in DATABASE_URL';
    return [`${host} does not answer: ${said}`, remedy];
  }
  if (/certificate|self.signed/i.test(said)) {
    return [`the certificate of ${host} is not trusted: ${said}`, 'give TLS_CA the authority that signed it'];
  }
  return [`${place} cannot be asked: ${said}`, 'look at DATABASE_URL and the log of the server'];
}

/** Of the error, of what caused it and of what it gathers. */
function codesWithin(error: unknown): ReadonlySet<string> {
  if (!(error instanceof Error)) return new Set();
  const { code, errors } = error as { readonly code?: unknown; readonly errors?: unknown };
  const others: readonly unknown[] = [error.cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return new Set([...(typeof code === 'string' ? [code] : []), ...others.flatMap((other) => [...codesWithin(other)])]);
}

export interface Writability {
  /** It follows a primary. */
  readonly isStandby: boolean;
  /** Transactions are read-only unless they say otherwise. */
  readonly isReadOnly: boolean;
}

export function judgeWritability({ isStandby, isReadOnly }: Writability): readonly Finding[] {
  if (isStandby) {
    const remedy = 'DATABASE_URL has to lead to the primary; the apps go on by themselves as soon as it does';
    return [trouble('database', 'error', 'PostgreSQL is a standby: it can be read, not written', remedy)];
  }
  if (!isReadOnly) return [];
  const remedy =
    'ALTER DATABASE … RESET default_transaction_read_only, or ALTER ROLE … or ALTER SYSTEM …, wherever it was set';
  return [trouble('database', 'error', 'the database is read-only: default_transaction_read_only is on', remedy)];
}

/** @param unknown names of migrations that this release does not have */
export function judgeNewer(unknown: readonly string[]): readonly Finding[] {
  if (unknown.length === 0) return [];
  const says = `the database is of a newer release: this one does not know the migrations ${unknown.join(', ')}`;
  const remedy = 'finish the rolling upgrade, or run the doctor of the newer release';
  return [trouble('database', 'warning', says, remedy)];
}
