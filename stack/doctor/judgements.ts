/** From what was measured to what it means. Pure: bounds and words are here, asking is elsewhere. */
import type { SealedValues } from '../../libs/postgres/server/diagnosis.ts';
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import { ok, trouble, type Finding } from '../../libs/domain/system/finding.ts';

const skewToWarnMs = 1_000;
const skewToFailMs = 30_000;

export interface ClockReading {
  readonly what: string;
  /** How far it is ahead of the clock of this machine, in milliseconds. */
  readonly aheadMs: number;
  /** How wrong this may be in either direction, in milliseconds. */
  readonly errorMs: number;
}

/** One finding for all that agree with this clock, and one for all that do not. */
export function judgeClocks(readings: readonly ClockReading[]): readonly Finding[] {
  const findings: Finding[] = [];
  const off = readings.filter((reading) => apartMs(reading) >= skewToWarnMs);
  const agreeing = readings.filter((reading) => !off.includes(reading)).map(({ what }) => what);
  if (agreeing.length > 0)
    findings.push(ok('clocks', `within a second of this machine's clock: ${agreeing.join(', ')}`));
  if (off.length > 0) {
    const severity = off.some((reading) => apartMs(reading) >= skewToFailMs) ? 'error' : 'warning';
    const says = `clocks that differ from this machine's: ${off.map(skewText).join(', ')}`;
    const remedy =
      'let NTP set the clocks of all machines, this one included: retries come early or late, and receivers refuse signatures that look old';
    findings.push(trouble('clocks', severity, says, remedy));
  }
  return findings;
}

/** Nothing where all are of one version. */
export function judgeVersions(
  running: readonly { readonly app: string; readonly version: string }[],
): readonly Finding[] {
  const byVersion = Map.groupBy(running, ({ version }) => version);
  if (byVersion.size < 2) return [];
  const told = [...byVersion].map(([version, apps]) => `${version} (${apps.map(({ app }) => app).join(', ')})`);
  const remedy = 'finish the rolling upgrade, in the order of "Upgrades" in docs/operations.md';
  return [trouble('apps', 'warning', `several versions run: ${told.join(', ')}`, remedy)];
}

/** @param rejected within a day, by reason */
export function judgeRejected(
  rejected: readonly { readonly reason: string; readonly count: number }[],
): readonly Finding[] {
  if (rejected.length === 0) return [ok('rejected', 'no event was rejected within a day')];
  const sum = rejected.reduce((all, { count }) => all + count, 0);
  const says = `${sum} ${sum === 1 ? 'event was' : 'events were'} rejected within a day: ${rejected.map(({ reason, count }) => `${reason} ${count}`).join(', ')}`;
  const remedy =
    'npx deeperhub-webhooks rejected list shows where they came from and why, why <event id> explains one; once mended, rejected redrive';
  return [trouble('rejected', 'notice', says, remedy)];
}

/** At least. */
function apartMs({ aheadMs, errorMs }: ClockReading): number {
  return Math.max(0, Math.abs(aheadMs) - errorMs);
}

function skewText({ what, aheadMs }: ClockReading): string {
  return `${what} ${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs < 0 ? 'behind' : 'ahead'}`;
}

/** @param keys ENCRYPTION_KEYS, valid */
export function judgeKeys(keys: readonly string[], sealed: readonly SealedValues[]): readonly Finding[] {
  const box = new SecretBox(keys);
  const ids = keys.map((key) => key.slice(0, key.indexOf(':')));
  const findings = sealed.map((found) => judgeKey(found, ids, box));
  return findings.length === 0 ? [ok('keys', 'nothing is sealed yet')] : findings;
}

const sealedWords = {
  secret: {
    what: 'secrets of webhooks',
    loss: 'until then nothing that it sealed can be used to sign',
    until: 'until npm run rotate-keys is done',
  },
  answer: {
    what: 'kept answers to requests with an Idempotency-Key',
    loss: 'until then repeating such a request is answered 500; the last of them expires within 24 h',
    until: 'until they have expired, 24 h after it was the first key',
  },
} as const;

function judgeKey({ kind, keyId, count, samples }: SealedValues, ids: readonly string[], box: SecretBox): Finding {
  const words = sealedWords[kind];
  const says = `${words.what} sealed with key ${keyId}: ${count}`;
  // Answers pass; secrets stay shut.
  const severity = kind === 'secret' ? 'error' : 'warning';
  if (!ids.includes(keyId)) {
    const remedy = `add ${keyId} to ENCRYPTION_KEYS again, behind the first; ${words.loss}`;
    return trouble('keys', severity, `${says}, but ENCRYPTION_KEYS does not have it`, remedy);
  }
  if (samples.some((sample) => !opens(box, sample))) {
    const remedy = `ENCRYPTION_KEYS names ${keyId} with other bytes than it had: give it its own again, and a new key a new id; ${words.loss}`;
    return trouble('keys', severity, `${says}, but they do not open with it`, remedy);
  }
  if (keyId === ids[0]) return ok('keys', `${says}, they open`);
  return trouble(
    'keys',
    'notice',
    `${says}; it is no longer the first key`,
    `keep ${keyId} in ENCRYPTION_KEYS ${words.until}`,
  );
}

function opens(box: SecretBox, sealed: string): boolean {
  try {
    box.open(sealed);
    return true;
  } catch {
    return false;
  }
}

export interface EgressState {
  readonly schemes: readonly string[];
  readonly ports: readonly string[];
  readonly allowed: readonly string[];
  /** Active webhooks whose URL the rules refuse now, with why. */
  readonly refused: readonly { readonly webhookId: string; readonly message: string }[];
  readonly active: number;
  /** What name servers make of a name that has an IPv4 address only, when the rules take it for private. */
  readonly refusedTranslation?: string | null;
}

const shownMax = 5;

export function judgeEgress(state: EgressState): readonly Finding[] {
  const { schemes, ports, allowed, refused, active, refusedTranslation = null } = state;
  const findings: Finding[] = [];
  if (refusedTranslation !== null) {
    const says = `names with IPv4 addresses only resolve to such as ${refusedTranslation} (NAT64 with a prefix of this network), which is refused`;
    const remedy = 'EGRESS_ALLOW with the prefix, such as 64:ff9b:1::/96: what is behind it is judged as IPv4';
    findings.push(trouble('egress', 'warning', says, remedy));
  }
  const wide = allowed.filter(isWide);
  if (wide.length > 0) {
    const says = `EGRESS_ALLOW opens ${wide.join(', ')}, which is nearly everything: anyone who registers a webhook can reach your own network`;
    findings.push(trouble('egress', 'warning', says, 'name the few addresses that endpoints of your own have'));
  } else if (allowed.length > 0) {
    const says = `EGRESS_ALLOW opens ${allowed.join(', ')}: anyone who may register a webhook can POST there`;
    findings.push(trouble('egress', 'notice', says, 'open as little as possible, and nothing in production'));
  }
  if (schemes.includes('http')) {
    const remedy = 'ALLOWED_URL_SCHEMES=https, unless all endpoints are on your own network';
    findings.push(trouble('egress', 'notice', 'http is allowed: payloads travel in the clear', remedy));
  }
  if (ports.includes('*')) {
    findings.push(trouble('egress', 'notice', 'every port is allowed', 'ALLOWED_PORTS=443,8443, or what you need'));
  }
  if (refused.length === 0) return [...findings, ok('egress', `the URLs of ${active} active webhooks are allowed`)];
  const shown = refused.slice(0, shownMax).map(({ webhookId, message }) => `${webhookId}: ${message}`);
  const says = `${refused.length} of ${active} active webhooks have a URL that is refused now: ${shown.join(' ')}`;
  const remedy = 'their deliveries fail: allow what they need, or ask their owners for another URL';
  return [...findings, trouble('egress', 'warning', says, remedy)];
}

/** Wider than any private range there is. */
function isWide(range: string): boolean {
  const bits = Number(range.split('/')[1] ?? NaN);
  return bits < (range.includes(':') ? 7 : 8);
}
