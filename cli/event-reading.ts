/** What fan-out would make of a record, without fan-out: by the same code, with the mappings of a file. */
import { isTombstone, mappedCloudEvent, parseCloudEvent, type ParsedEvent } from '../libs/domain/event/cloud-event.ts';
import { parseLossless } from '../libs/domain/payload/lossless-json.ts';
import type { KafkaRecord } from '../libs/kafka/record.ts';
import { within } from '../libs/kafka/within.ts';
import { registryConfig } from '../libs/kafka/registry-config.ts';
import { type ConfigOf } from '../libs/runtime/config.ts';
import { mappingKeys, registryKeys } from '../libs/runtime/config-keys.ts';
import { RegistryValues } from '../libs/wire/registry-values.ts';
import { Mappings, readMappings } from '../libs/wire/mapping/mappings.ts';
import type { TopicMapping } from '../libs/wire/mapping/topic-mapping.ts';
import { RecordReader, type ReadValue } from '../libs/wire/mapping/record-reader.ts';
import { Registry } from '../libs/wire/registry.ts';
import { CliFailure } from './failure.ts';

export const readingKeys = { ...registryKeys, ...mappingKeys } as const;

export type Becomes =
  | { readonly result: 'event'; readonly event: ShownEvent }
  | { readonly result: 'skipped' | 'tombstone' }
  | { readonly result: 'rejected'; readonly reason: string; readonly detail: string };

interface ShownEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string | null;
  readonly subject: string | null;
  /** Null: for every client, if its type is a broadcast. */
  readonly clientId: string | null;
  /** Null: that of the record. */
  readonly time: string | null;
  readonly data: unknown;
}

const registryMs = 15_000;
const shownCharsMax = 400;

/** @param file empty: none. @throws CliFailure usage, with a line for each problem */
export function mappingsIn(file: string): readonly TopicMapping[] {
  try {
    return file === '' ? [] : readMappings(file);
  } catch (error) {
    // Said of a configuration key there.
    const [first = '', ...more] = (error instanceof Error ? error.message : String(error)).split(/\n\s*/);
    throw new CliFailure('usage', `'${file}' ${first.replace(/^names /, 'is ')}`, { more });
  }
}

export class EventReading {
  readonly mappings: Mappings;
  private readonly reader: RecordReader;
  private readonly registryUrl: string;

  /** @param file with mappings; empty: none. @throws CliFailure usage */
  constructor(config: ConfigOf<typeof registryKeys>, topicPrefix: string, file: string) {
    this.mappings = new Mappings(mappingsIn(file), topicPrefix);
    const registry = new Registry(registryConfig({ ...config, TOPIC_PREFIX: topicPrefix }));
    this.registryUrl = config.SCHEMA_REGISTRY_URL;
    this.reader = new RecordReader(new RegistryValues(registry), this.mappings);
  }

  /** @throws CliFailure when a schema is needed and the registry does not answer */
  async becomes(record: KafkaRecord): Promise<Becomes> {
    if (isTombstone(record)) return { result: 'tombstone' };
    const read = this.reader.concerns(record) ? await this.read(record) : null;
    if (read !== null && 'isSkipped' in read) return { result: 'skipped' };
    if (read !== null && 'problem' in read) {
      return { result: 'rejected', reason: read.reason ?? 'unparsable', detail: read.problem };
    }
    const isMapped = read !== null && 'mapped' in read;
    return shown(isMapped ? mappedCloudEvent(record, read.mapped) : parseCloudEvent(record, read?.json ?? null));
  }

  private async read(record: KafkaRecord): Promise<ReadValue> {
    const read: ReadValue[] = [];
    const reading = this.reader.readInTheEnd(record).then((value) => read.push(value));
    await within(registryMs, reading);
    const [value] = read;
    if (value !== undefined) return value;
    throw new CliFailure(
      'unreachable',
      `The schema registry at ${this.registryUrl} does not answer: check SCHEMA_REGISTRY_URL.`,
    );
  }
}

/** One record, in some lines. */
export function becomesLines(place: string, becomes: Becomes): readonly string[] {
  switch (becomes.result) {
    case 'event': {
      const { id, type, source, subject, clientId, time, data } = becomes.event;
      const client = clientId === null ? 'every client, if its type is a broadcast' : `client ${clientId}`;
      const of = [`id ${id}`, `source ${source ?? '-'}`, ...(subject === null ? [] : [`subject ${subject}`])];
      const text = JSON.stringify(data);
      const cut = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text;
      return [`${place}  ${type}  ${client}`, `  ${[...of, `time ${time ?? 'of the record'}`].join(', ')}`, `  ${cut}`];
    }
    case 'rejected':
      return [`${place}  rejected as ${becomes.reason}: ${becomes.detail}`];
    case 'skipped':
      return [`${place}  left out by the mapping`];
    case 'tombstone':
      return [`${place}  a tombstone, no event`];
  }
}

function shown(parsed: ParsedEvent): Becomes {
  if (!parsed.ok) return { result: 'rejected', ...parsed.rejection };
  const { id, type, source, subject, clientId, timeMs, dataText } = parsed.event;
  const time = timeMs === null ? null : new Date(timeMs).toISOString();
  // Numbers keep their digits.
  const data = parseLossless(dataText.text);
  return { result: 'event', event: { id, type, source, subject, clientId, time, data } };
}
