/** A record's value through a codec, as a value or as what can never be read. */
import { AvroDecodeError, type AvroCodec } from '../wire/avro-codec.ts';
import type { KafkaRecord } from './record.ts';

export type Decoded<T> =
  { readonly kind: 'value'; readonly value: T } | { readonly kind: 'undecodable'; readonly error: unknown };

/** Rejects while the registry is away and the schema is new. */
export async function decodeRecord<T>(codec: AvroCodec<T>, record: KafkaRecord): Promise<Decoded<T>> {
  if (record.value === null) return { kind: 'undecodable', error: new AvroDecodeError('no value') };
  try {
    // The usual case without a promise in between: this runs for every record.
    return { kind: 'value', value: codec.decode(record.value) ?? (await codec.decodeAsync(record.value)) };
  } catch (error) {
    if (error instanceof AvroDecodeError) return { kind: 'undecodable', error };
    throw error;
  }
}
