/**
 * In: the data of a binary event, and the tenant that its headers name. Out: nothing, or a refusal: the data is the event of a
 * tenant, and the headers name none, or another.
 * Holds: a bridge that leaves the attributes of some event in headers makes no broadcast of another event. Only the value as a whole
 * is looked at, with what serializers put around it: an event that is a part of the data is data.
 */
import { membersNamed } from '../payload/json-outline.ts';
import { MemberAttributes, type EventAttributes } from './event-attributes.ts';
import type { EventData } from './event-data.ts';
import { isJson, jsonBehindFrame, looksLikeJson } from './event-encoding.ts';
import { EventRefusal } from './event-refusal.ts';

/** The attribute that tells an event from other data. `clientid`, where no tenant is named: the content type says that it is one. */
export type EventMark = 'specversion' | 'clientid';

export const otherTenant = 'the clientid of the event is not the one that its headers name';
const noTenant =
  'the value is an event with a clientid, and the ce_ headers name none: produce the ce_ headers of one event, or none';

/** @param tenant that the headers name; null: none */
export function refuseOtherTenant(
  tenant: string | null,
  data: EventData,
  bytes: Buffer | null,
  mark: EventMark = 'specversion',
): void {
  for (const event of eventsOf(wholeValue(data.value, bytes), tenant === null ? mark : 'specversion')) {
    const clientId = event.get('clientid');
    if (clientId === null) continue;
    if (tenant === null) throw new EventRefusal('invalid_attribute', noTenant);
    if (typeof clientId === 'number' ? String(clientId) !== tenant : clientId !== tenant) {
      throw new EventRefusal('invalid_attribute', otherTenant);
    }
  }
}

/**
 * @param text of an event in which some name is there twice: that has its last value (RFC 8259, section 4, leaves it open),
 * and about the tenant nobody may guess
 */
export function refuseTwoTenants(text: string, attributes: EventAttributes): void {
  const name = attributes.nameOf('clientid');
  if (name === null) return;
  const values = membersNamed(text, name).map((value) => JSON.stringify(JSON.parse(value)));
  if (new Set(values).size > 1) {
    throw new EventRefusal('invalid_attribute', `${name} is there twice, with different values`);
  }
}

/** Under another content type JSON is text or base64, and what was encoded twice is a text. */
function wholeValue(value: unknown, bytes: Buffer | null): unknown {
  if (typeof value !== 'string') return value;
  const text = Buffer.from(/^\s*[{[]/.test(value) ? value : '');
  const raw = bytes === null ? text : (jsonBehindFrame(bytes) ?? bytes);
  const json = [text, raw].find((one) => looksLikeJson(one) && isJson(one));
  return json === undefined ? value : (JSON.parse(json.toString().replace(/^\ufeff/, '')) as unknown);
}

/** The event that the value is, or those of a batch. */
function* eventsOf(value: unknown, mark: EventMark): Generator<MemberAttributes> {
  for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const event = eventIn(one, mark);
    // A list of other things is data, however long.
    if (event === null) return;
    yield event;
  }
}

function eventIn(value: unknown, mark: EventMark): MemberAttributes | null {
  if (!isObject(value)) return null;
  const own = new MemberAttributes(value);
  if (own.get(mark) !== null) return own;
  // The Avro format of CloudEvents keeps attributes in a map; the JsonConverter of Kafka Connect puts a schema beside the value.
  const wrapped = value['attribute'] ?? (Object.hasOwn(value, 'schema') ? value['payload'] : null);
  const within = isObject(wrapped) ? new MemberAttributes(wrapped) : null;
  return within !== null && within.get(mark) !== null ? within : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
