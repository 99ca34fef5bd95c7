/**
 * In: a record of a topic that has a mapping, and the JSON text of its value. Out: the parts of the event that it becomes, that it
 * is left out, or why it cannot become one.
 * Holds: never throws; a client that the mapping asks for is there, or the record is rejected: without one it might go to everybody.
 */
import { rawNumberOf, parseLossless } from '../../domain/payload/lossless-json.ts';
import { outlineJson } from '../../domain/payload/json-outline.ts';
import type { MappedEvent } from '../../domain/event/cloud-event.ts';
import { likeness } from '../../domain/event/event-encoding.ts';
import { eventDepthMax } from '../../domain/event/event-data.ts';
import { conditionUsesKey, jsonataOf, judge, type Condition } from './condition.ts';
import { evaluate, jsonataIn, nothingComputed, usesKey, type Computed } from './expression.ts';
import { isEnvelope, keyOf, type Found, type MappableRecord, type MappingInput } from './mapping-input.ts';
import { rowOf, type PartName, type Parts, type Preset } from './presets.ts';
import { kindOf, plainText } from './template.ts';
import type { BoundedJsonata } from './bounded-jsonata.ts';

export type Mapped =
  | { readonly kind: 'event'; readonly event: MappedEvent }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'misfit'; readonly reason: 'unparsable' | 'mapping_failed'; readonly detail: string };

export interface TopicMappingSpec {
  /** As the file has it: a name, or a regular expression between slashes. */
  readonly topic: string;
  readonly parts: Parts;
  readonly skip: Condition;
  readonly preset: Preset | null;
}

const textParts = ['id', 'type', 'source', 'subject', 'client'] as const;
const required = new Set<PartName>(['id', 'type', 'client']);

export class TopicMapping {
  readonly topic: string;
  /** The key has to be read, too. */
  readonly usesKey: boolean;
  private readonly spec: TopicMappingSpec;
  private readonly jsonata: readonly BoundedJsonata[];

  constructor(spec: TopicMappingSpec) {
    const all = Object.values(spec.parts);
    this.topic = spec.topic;
    this.spec = spec;
    this.jsonata = [...all.flatMap(jsonataIn), ...jsonataOf(spec.skip)];
    this.usesKey = all.some(usesKey) || conditionUsesKey(spec.skip);
  }

  /** True: {@link map} will not do, {@link mapLater} has to be asked. */
  get isAsynchronous(): boolean {
    return this.jsonata.length > 0;
  }

  /** @param keyJson of a key that was read by its schema */
  map(record: MappableRecord, text: string, keyJson: string | null): Mapped {
    const input = this.inputOf(record, text, keyJson);
    return 'kind' in input ? input : this.mapped(input, nothingComputed);
  }

  /** One at a time. */
  async mapLater(record: MappableRecord, text: string, keyJson: string | null): Promise<Mapped> {
    const input = this.inputOf(record, text, keyJson);
    if ('kind' in input) return input;
    const computed = new Map<BoundedJsonata, Found>();
    for (const one of this.jsonata) computed.set(one, await one.evaluate(input));
    return this.mapped(input, computed);
  }

  private inputOf(record: MappableRecord, text: string, keyJson: string | null): MappingInput | Mapped {
    // Before anything goes down into it.
    if (outlineJson(text, null).depth > eventDepthMax) {
      return misfit(`the JSON is nested deeper than ${eventDepthMax} levels`);
    }
    const whole = parsed(text);
    if (whole === undefined) {
      const looks = likeness(record.value ?? Buffer.alloc(0));
      return { kind: 'misfit', reason: 'unparsable', detail: `the value is not JSON${looks}` };
    }
    const { preset } = this.spec;
    const isWrapped = preset !== null && isEnvelope(whole);
    const value = isWrapped ? whole.payload : whole;
    const misfitOfPreset = preset?.misfit(value) ?? null;
    if (misfitOfPreset !== null) return misfit(misfitOfPreset);
    const valuePath = isWrapped ? ['payload'] : [];
    const row = preset?.hasRow === true ? rowOf(value) : null;
    return {
      ...{ record, text, value, valuePath },
      row: row?.row,
      rowPath: row === null ? valuePath : [...valuePath, row.name],
      key: keyOf(record, keyJson),
    };
  }

  private mapped(input: MappingInput, computed: Computed): Mapped {
    const skipped = judge(this.spec.skip, input, computed);
    if (!skipped.ok) return misfit(`skip: ${skipped.gap}`);
    if (skipped.holds) return { kind: 'skipped' };
    const attributes: Record<string, string> = {};
    for (const name of textParts) {
      const part = this.textOf(name, input, computed);
      if (!part.ok) return misfit(`${name}: ${part.gap}`);
      if (part.value !== null) attributes[name === 'client' ? 'clientid' : name] = part.value as string;
    }
    const time = this.find('time', input, computed);
    // Without one it is that of its record, as with any event.
    const timeOf = time?.ok === true ? timeValue(time.value) : null;
    const data = this.find('data', input, computed);
    if (data?.ok !== true) return misfit(`data: ${data?.gap ?? 'nothing says where it comes from'}`);
    const dataText = data.text ?? JSON.stringify(data.value);
    return { kind: 'event', event: { attributes: { ...attributes, time: timeOf }, dataText } };
  }

  private find(name: PartName, input: MappingInput, computed: Computed): Found | null {
    const part = this.spec.parts[name];
    return part === undefined ? null : evaluate(part, input, computed);
  }

  private textOf(name: PartName, input: MappingInput, computed: Computed): Found {
    const found = this.find(name, input, computed);
    if (found === null) return { ok: true, value: null };
    if (!found.ok) return required.has(name) ? found : { ok: true, value: null };
    const text = plainText(found.value);
    if (text !== null && text !== '') return { ok: true, value: text };
    if (text === null && found.value !== null) return { ok: false, gap: `is ${kindOf(found.value)}, and no text` };
    return required.has(name) ? { ok: false, gap: text === null ? 'is null' : 'is empty' } : { ok: true, value: null };
  }
}

/** Undefined: it is no JSON. */
function parsed(text: string): unknown {
  try {
    return parseLossless(text);
  } catch {
    return undefined;
  }
}

function timeValue(value: unknown): unknown {
  const raw = rawNumberOf(value);
  return raw === null ? value : Number(raw);
}

function misfit(detail: string): Mapped {
  return { kind: 'misfit', reason: 'mapping_failed', detail };
}
