/** A record's value through a codec, as a value or as what can never be read. */
import { AvroDecodeError, type AvroReader } from '../../wire/avro-codec.ts';
import type { KafkaRecord } from '../record.ts';

export type Decoded<T> =
  { readonly kind: 'value'; readonly value: T } | { readonly kind: 'undecodable'; readonly error: unknown };

/**
 * At once, but for a schema that is new here: this runs for every record, and a promise for each would cost as much as half of its
 * decoding. `asItem`: what is made of the value. Rejects while it is not certain that the schema of a record cannot be had: ask again.
 */
export function decodeRecord<T, Item>(
  codec: AvroReader<T>,
  record: KafkaRecord,
  asItem: (value: T) => Item,
): Decoded<Item> | Promise<Decoded<Item>> {
  const { value } = record;
  if (value === null) return { kind: 'undecodable', error: new AvroDecodeError('no value') };
  try {
    const known = codec.decode(value);
    if (known !== null) return { kind: 'value', value: asItem(known) };
  } catch (error) {
    if (!(error instanceof AvroDecodeError)) throw error;
    if (codec.knows(value)) return { kind: 'undecodable', error };
  }
  return learned(codec, value, asItem);
}

async function learned<T, Item>(
  codec: AvroReader<T>,
  value: Buffer,
  asItem: (value: T) => Item,
): Promise<Decoded<Item>> {
  try {
    return { kind: 'value', value: asItem(await codec.decodeAsync(value)) };
  } catch (error) {
    if (error instanceof AvroDecodeError) return { kind: 'undecodable', error };
    throw error;
  }
}
