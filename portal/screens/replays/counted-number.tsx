/** A number as the language of the page writes it. */
import { useIntlName } from '../../elements/time.tsx';

export function CountedNumber({ value, digits = 0 }: { readonly value: number; readonly digits?: number }) {
  return new Intl.NumberFormat(useIntlName(), { maximumFractionDigits: digits }).format(value);
}
