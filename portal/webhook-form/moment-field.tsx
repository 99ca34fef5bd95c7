/** A moment that is over, typed in the zone that is chosen. */
import { preferences } from '../session/preferences.ts';
import { useObserved } from '../session/observed-value.ts';
import { Field } from '../elements/field.tsx';
import { fromLocalInput, toLocalInput } from '../elements/local-input.ts';

export interface MomentFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  /** RFC 3339; empty: none. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function MomentField({ label, hint, error, value, onChange }: MomentFieldProps) {
  const { timeZone } = useObserved(preferences);
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <input
          {...ids}
          type="datetime-local"
          step={1}
          value={toLocalInput(value, timeZone)}
          onChange={({ target }) => {
            onChange(fromLocalInput(target.value, timeZone) ?? '');
          }}
        />
      )}
    </Field>
  );
}
