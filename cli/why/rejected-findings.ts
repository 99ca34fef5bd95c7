/** In: a rejected event, from Kafka or from the API. Out: whether it is about an id, and what its producer may have meant. Pure. */
import { closestWord } from '../../libs/domain/closest-word.ts';
import type { ApiSchemas } from '../../libs/api-client/api-client.ts';
import { placeOf, type RejectedRecord } from '../rejected-records.ts';
import { finding, type Finding } from './finding.ts';

type RejectedEvent = ApiSchemas['RejectedEvent'];

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

/** The same of one that the API has. Headers are not kept there. */
export function isKeptAbout(id: string, { key, value }: Pick<RejectedEvent, 'key' | 'value'>): boolean {
  return key === id || (value?.includes(JSON.stringify(id)) ?? false);
}

export function rejectedFinding({ at, origin, reason, detail, record }: RejectedRecord): Finding {
  const isBinary = Object.keys(record.headers).some((name) => /^ce[_-]/i.test(name));
  return findingOf({
    ...{ at, reason, detail },
    place: placeOf(origin),
    when: new Date(record.timestampMs).toISOString(),
    hints: isBinary ? [] : hintsOf(record.value?.toString() ?? null),
    remedy: `Its bytes: deeperhub-webhooks rejected list --at ${at} --json; once mended: rejected redrive --at ${at}`,
  });
}

export function keptFinding({ id, at, reason, detail, source, rejectedAt, value, valueState }: RejectedEvent): Finding {
  const place = source === null ? '-' : `${source.topic}-${source.partition ?? '?'}@${source.offset ?? '?'}`;
  return findingOf({
    ...{ at, reason, detail, place },
    when: rejectedAt,
    // Of one in binary mode the value is its data, and says nothing of the attributes.
    hints: valueState === 'whole' && reason !== 'schema_violation' ? hintsOf(value) : [],
    remedy: `GET /v1/rejected-events has it as ${id}; once mended: deeperhub-webhooks rejected redrive --api --id ${id}`,
  });
}

interface Seen {
  readonly at: string;
  readonly reason: string;
  readonly detail: string;
  /** Where it came from. */
  readonly place: string;
  readonly when: string;
  readonly hints: readonly string[];
  readonly remedy: string;
}

function findingOf({ at, reason, detail, place, when, hints, remedy }: Seen): Finding {
  const says = `It was rejected as ${reason}: ${detail}.`;
  const details = [`came from ${place} at ${when}, lies at ${at} of platform.events.rejected`, ...hints];
  return finding({ verdict: 'rejected', says, details, remedy });
}

/** What is missing or misspelt of a CloudEvent. */
function hintsOf(value: string | null): readonly string[] {
  const members = membersOf(value);
  if (members === null) return [];
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

function membersOf(value: string | null): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(value ?? '');
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
