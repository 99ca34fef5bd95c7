/** In: a rejected record. Out: whether it is about an id, and what its producer may have meant. Pure. */
import { closestWord } from '../../libs/domain/closest-word.ts';
import { placeOf, type RejectedRecord } from '../rejected-records.ts';
import { finding, type Finding } from './finding.ts';

const attributes = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'clientid', 'datacontenttype', 'data'];
const needed = ['specversion', 'id', 'source', 'type'];

/** Its key, its header ce_id, or the text of its value has the id. Somebody looks for what he wrote, wherever it was. */
export function isAbout(id: string, { record }: Pick<RejectedRecord, 'record'>): boolean {
  const { key, value, headers } = record;
  const isNamed = Object.entries(headers).some(
    ([name, bytes]) => /^ce[_-]id$/i.test(name) && bytes.toString().replaceAll('"', '') === id,
  );
  return isNamed || key?.toString() === id || (value?.includes(JSON.stringify(id)) ?? false);
}

export function rejectedFinding(rejected: RejectedRecord): Finding {
  const { at, origin, reason, detail, record } = rejected;
  return finding({
    verdict: 'rejected',
    says: `It was rejected as ${reason}: ${detail}.`,
    details: [
      `came from ${placeOf(origin)} at ${new Date(record.timestampMs).toISOString()}, lies at ${at} of platform.events.rejected`,
      ...hintsOf(rejected),
    ],
    remedy: `Its bytes: deeperhub-webhooks rejected list --at ${at} --json; once mended: rejected redrive --at ${at}`,
  });
}

/** What is missing or misspelt of a CloudEvent. */
function hintsOf({ record }: RejectedRecord): readonly string[] {
  const members = membersOf(record.value);
  const isBinary = Object.keys(record.headers).some((name) => /^ce[_-]/i.test(name));
  if (members === null || isBinary) return [];
  const names = Object.keys(members);
  const hints = names.flatMap((name) => {
    if (attributes.includes(name)) return [];
    const meant = closestWord(name.replaceAll(/[_-]/g, ''), attributes) ?? sameLetters(name);
    return meant === null || names.includes(meant) ? [] : [`\`${name}\`: did you mean \`${meant}\`?`];
  });
  const missing = needed.filter((name) => !names.includes(name));
  return missing.length === 0
    ? hints
    : [`no CloudEvent: no ${missing.map((name) => `\`${name}\``).join(', ')}`, ...hints];
}

function sameLetters(name: string): string | null {
  const bare = name.replaceAll(/[_-]/g, '').toLowerCase();
  return attributes.find((attribute) => attribute === bare) ?? null;
}

function membersOf(value: Buffer | null): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(value?.toString() ?? '');
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
