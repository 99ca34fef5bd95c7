/** A record's value through a codec, as a value or as what can never be read. */
import { AvroDecodeError, type AvroCodec } from '../wire/avro-codec.ts';
import type { KafkaRecord } from './record.ts';

export type Decoded<T> =
  { readonly kind: 'value'; readonly value: T } | { readonly kind: 'undecodable'; readonly error: unknown };

/** Rejects while it is not certain that the schema of a record cannot be had: ask again. */
export async function decodeRecord<T>(codec: AvroCodec<T>, record: KafkaRecord): Promise<Decoded<T>> {
  const { value } = record;
  if (value === null) return { kind: 'undecodable', error: new AvroDecodeError('no value') };
  try {
    // The usual case without a promise in between: this runs for every record.
    const known = codec.decode(value);
    if (known !== null) return { kind: 'value', value: known };
  } catch (error) {
    if (!(error instanceof AvroDecodeError)) throw error;
    if (codec.knows(value)) return { kind: 'undecodable', error };
  }
  try {
    return { kind: 'value', value: await codec.decodeAsync(value) };
  } catch (error) {
    if (error instanceof AvroDecodeError) return { kind: 'undecodable', error };
    throw error;
  }
}
