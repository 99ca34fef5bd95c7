/** Longer decimals are not numbers any more. */
const decimalBytesMax = 64;
const scaleMax = 1_000;

const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => object };

/**
 * Two's complement, big endian, times 10^-scale, as a JSON number with all of its digits. Null: it is none.
 * Source: Avro specification, "Decimal"; Confluent's type of the same name in Protobuf.
 */
export function decimalText(bytes: Buffer, scale: number): object | null {
  if (bytes.length > decimalBytesMax || !(scale >= 0 && scale <= scaleMax)) return null;
  const unscaled = bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale === 0 ? '' : `.${digits.slice(-scale)}`;
  return rawJSON(`${unscaled < 0n ? '-' : ''}${whole}${fraction}`);
}
