/** A moment as a filter: typed in the zone that is chosen, kept in the address in UTC. */
import { useSearchState } from '../app/search.ts';
import { preferences } from '../session/preferences.ts';
import { useObserved } from '../session/observed-value.ts';
import { Field } from './field.tsx';
import { fromLocalInput, toLocalInput } from './local-input.ts';

export function MomentFilter({
  name,
  label,
  hint,
}: {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
}) {
  const { get, change } = useSearchState();
  const { timeZone } = useObserved(preferences);
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <input
          {...ids}
          type="datetime-local"
          step={1}
          value={toLocalInput(get(name), timeZone)}
          onChange={({ target }) => {
            change({ [name]: fromLocalInput(target.value, timeZone), cursor: null });
          }}
        />
      )}
    </Field>
  );
}
