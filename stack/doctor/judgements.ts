/** From what was measured to what it means. Pure: bounds and words are here, asking is elsewhere. */
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import { ok, trouble, type Finding } from './finding.ts';

const lagToWarn = 10_000;
const lagToFail = 500_000;

export interface GroupState {
  readonly app: string;
  /** Processes that are members of its group. */
  readonly members: number;
  /** Records behind, over all partitions of what it reads. */
  readonly lag: number;
}

export function judgeGroup({ app, members, lag }: GroupState): Finding {
  if (members === 0) {
    return trouble(
      'lag',
      'error',
      `no ${app} is consuming; ${lag} records wait`,
      `start one, or see why it is not ready`,
    );
  }
  const says = `${app}: ${members} consuming, ${lag} records behind`;
  if (lag < lagToWarn) return ok('lag', says);
  const remedy = `when it does not shrink, start more of ${app}, up to the number of partitions`;
  return trouble('lag', lag < lagToFail ? 'warning' : 'error', says, remedy);
}

const skewToWarnMs = 1_000;
const skewToFailMs = 30_000;

/** @param aheadMs how far the other clock is ahead of the one of this machine */
export function judgeClock(what: string, aheadMs: number): Finding {
  const apart = Math.abs(Math.round(aheadMs));
  const says = `the clock of ${what} is ${apart} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} this one`;
  if (apart < skewToWarnMs) return ok('clocks', says);
  const remedy =
    'let NTP set the clocks of all machines: retries come early or late, and receivers refuse old signatures';
  return trouble('clocks', apart < skewToFailMs ? 'warning' : 'error', says, remedy);
}

export interface SealedWith {
  readonly keyId: string;
  readonly count: number;
  /** A few of them. */
  readonly samples: readonly string[];
}

/** @param keys ENCRYPTION_KEYS, valid */
export function judgeKeys(keys: readonly string[], sealed: readonly SealedWith[]): readonly Finding[] {
  const box = new SecretBox(keys);
  const ids = keys.map((key) => key.slice(0, key.indexOf(':')));
  const findings = sealed.map((found) => judgeKey(found, ids, box));
  return findings.length === 0 ? [ok('keys', 'nothing is sealed yet')] : findings;
}

function judgeKey({ keyId, count, samples }: SealedWith, ids: readonly string[], box: SecretBox): Finding {
  const what = `secrets sealed with key ${keyId}: ${count}`;
  if (!ids.includes(keyId)) {
    const remedy = `add ${keyId} to ENCRYPTION_KEYS again, behind the first; what it sealed cannot be signed with meanwhile`;
    return trouble('keys', 'error', `${what}, but ENCRYPTION_KEYS does not have it`, remedy);
  }
  if (samples.some((sample) => !opens(box, sample))) {
    const remedy = `ENCRYPTION_KEYS names ${keyId} with other bytes than it had: give it its own again, and a new key a new id`;
    return trouble('keys', 'error', `${what}, but they do not open with it`, remedy);
  }
  if (keyId === ids[0]) return ok('keys', `${what}, they open`);
  const remedy = `keep ${keyId} in ENCRYPTION_KEYS until npm run rotate-keys went through`;
  return trouble('keys', 'notice', `${what}; it is not the first any more`, remedy);
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
}

const shownMax = 5;

export function judgeEgress({ schemes, ports, allowed, refused, active }: EgressState): readonly Finding[] {
  const findings: Finding[] = [];
  if (allowed.length > 0) {
    const says = `EGRESS_ALLOW opens ${allowed.join(', ')}: whoever may register a webhook can POST there`;
    findings.push(trouble('egress', 'notice', says, 'as little as possible, and nothing in production'));
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
