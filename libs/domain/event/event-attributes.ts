/**
 * Attributes of an event by their CloudEvents names, as producers spell them. In: the members of a JSON object, or the headers of
 * a record. Out: the value of a name.
 * Holds: the spelling of the specification (lower case, `ce_` before it in a header) wins; where it is missing, one with capitals
 * or with the prefix of HTTP (`ce-`) or of AMQP (`cloudEvents:`, `cloudEvents_`) is read, so that no event loses its tenant to a capital letter. Spellings that contradict
 * each other about the tenant, and names that only look like it, are refused: without a tenant an event may be a broadcast.
 */
import { isUtf8 } from 'node:buffer';
import { EventRefusal } from './event-refusal.ts';

export type HeaderBytes = Readonly<Record<string, Buffer>>;

/** One attribute as it is written somewhere. */
interface Spelling {
  readonly written: string;
  /** Null: it is not there. */
  readonly value: unknown;
}

const known = new Set([
  ...['specversion', 'id', 'type', 'source', 'subject', 'time', 'clientid'],
  ...['datacontenttype', 'data', 'data_base64'],
]);
const almostClientId = /^client[_-]id$/i;
const anyClientId = /^client[_-]?id$/i;
const prefix = /^(?:ce|cloudevents)[_:-]/i;

export abstract class EventAttributes {
  /** Other spellings, by the name that they stand for. */
  private readonly odd = new Map<string, string[]>();
  private almost: string | null = null;

  /** Null: it is not there. A null in JSON is as one that is not there (CloudEvents, JSON format, section 2.2). */
  get(name: string): unknown {
    return this.find(name)?.value ?? null;
  }

  /** As it is written. Null: it is not there. */
  nameOf(name: string): string | null {
    return this.find(name)?.written ?? null;
  }

  /** True when an event could be made of these alone. */
  get isWhole(): boolean {
    return this.get('id') !== null && this.get('type') !== null;
  }

  /** As a producer has to write it. */
  protected abstract spelled(name: string): string;

  /** Null: it is not there. */
  protected abstract read(written: string): unknown;

  /** @param name as it is written, without a prefix */
  protected note(name: string, written: string): void {
    if (almostClientId.test(name)) this.almost ??= written;
    const lower = name.toLowerCase();
    if (!known.has(lower)) return;
    const spellings = this.odd.get(lower);
    if (spellings === undefined) this.odd.set(lower, [written]);
    else spellings.push(written);
  }

  /** It looks like the tenant, and is no attribute. */
  protected noteAlmost(written: string): void {
    this.almost ??= written;
  }

  private find(name: string): Spelling | null {
    const exact = this.spelling(this.spelled(name));
    const odd = this.odd.get(name);
    if (odd === undefined && (exact !== null || name !== 'clientid')) return exact;
    const others = (odd ?? []).map((written) => this.spelling(written)).filter((one) => one !== null);
    const found = exact ?? others[0] ?? null;
    const another = others.find(({ value }) => found !== null && value !== found.value);
    // Beside the right spelling another is a leftover of some bridge; only about the tenant nobody may guess.
    if (found !== null && another !== undefined && (exact === null || name === 'clientid')) {
      throw new EventRefusal('invalid_attribute', `${found.written} and ${another.written} contradict each other`);
    }
    if (found === null && name === 'clientid' && this.almost !== null) {
      throw new EventRefusal('invalid_attribute', `${this.almost} is not an attribute that is read: call it clientid`);
    }
    return found;
  }

  private spelling(written: string): Spelling | null {
    const value = this.read(written);
    return value === null ? null : { written, value };
  }
}

export class MemberAttributes extends EventAttributes {
  private readonly members: Readonly<Record<string, unknown>>;

  constructor(members: Readonly<Record<string, unknown>>) {
    super();
    this.members = members;
    for (const name of Object.keys(members)) {
      if (/[A-Z]|^client[_-]/.test(name)) this.note(name, name);
    }
    // Before 1.0 of CloudEvents, and in some libraries, extensions were members of a member.
    const { extensions } = members;
    if (typeof extensions !== 'object' || extensions === null || Array.isArray(extensions)) return;
    const nested = Object.keys(extensions).find((name) => anyClientId.test(name));
    if (nested !== undefined) this.noteAlmost(`extensions.${nested}`);
  }

  protected spelled(name: string): string {
    return name;
  }

  protected read(written: string): unknown {
    return Object.hasOwn(this.members, written) ? (this.members[written] ?? null) : null;
  }
}

/** Kafka protocol binding, section 3.2: attributes of the binary mode. */
export class HeaderAttributes extends EventAttributes {
  private readonly headers: HeaderBytes;
  /** A header looks like an attribute. */
  readonly isAny: boolean;

  constructor(headers: HeaderBytes) {
    super();
    this.headers = headers;
    let isAny = false;
    for (const written of Object.keys(headers)) {
      const [before] = prefix.exec(written) ?? [];
      if (before === undefined) continue;
      isAny = true;
      const name = written.slice(before.length);
      if (before !== 'ce_' || /[A-Z_-]/.test(name)) this.note(name, written);
    }
    this.isAny = isAny;
  }

  protected spelled(name: string): string {
    return `ce_${name}`;
  }

  protected read(written: string): string | null {
    const bytes = Object.hasOwn(this.headers, written) ? this.headers[written] : undefined;
    if (bytes === undefined) return null;
    if (!isUtf8(bytes)) throw new EventRefusal('invalid_attribute', `the header ${printable(written)} is not UTF-8`);
    return unquoted(bytes.toString());
  }
}

/** Some frameworks write header values as JSON, in quotes. */
export function unquoted(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  try {
    const inner: unknown = JSON.parse(text);
    return typeof inner === 'string' ? inner : text;
  } catch {
    return text;
  }
}

/** Names of headers come from outside. */
function printable(name: string): string {
  return name.slice(0, 64).replaceAll(/[^\x20-\x7e]/g, '?');
}
