/** The filters above a list. What they say is in the address; a change of one begins the list anew. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useState, type ReactNode } from 'react';
import { useSearchState } from '../app/search.ts';
import { Button } from './button.tsx';
import { Field } from './field.tsx';
import styles from './filter-bar.module.css';

/** How long nobody may type before a text is looked for. */
const settleMs = 350;

export interface FilterBarProps {
  /** Names in the address, for “Clear filters”. */
  readonly names: readonly string[];
  readonly children: ReactNode;
}

export function FilterBar({ names, children }: FilterBarProps) {
  const { t } = useLingui();
  const { isFiltered, clear } = useFilters(names);
  return (
    <div role="group" aria-label={t`Filters`} className={styles.bar}>
      {children}
      {isFiltered && (
        <Button onClick={clear}>
          <Trans>Clear filters</Trans>
        </Button>
      )}
    </div>
  );
}

export function useFilters(names: readonly string[]) {
  const { get, change } = useSearchState();
  return {
    isFiltered: names.some((name) => get(name) !== ''),
    clear: () => {
      change({ ...Object.fromEntries(names.map((name) => [name, null])), cursor: null });
    },
  };
}

export interface SelectFilterProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly (readonly [value: string, label: string])[];
}

export function SelectFilter({ name, label, options }: SelectFilterProps) {
  const { t } = useLingui();
  const { get, change } = useSearchState();
  const value = get(name);
  const isKnown = value === '' || options.some(([known]) => known === value);
  return (
    <Field label={label}>
      {(ids) => (
        <select
          {...ids}
          value={value}
          onChange={({ target }) => {
            change({ [name]: target.value, cursor: null });
          }}
        >
          <option value="">{t`Any`}</option>
          {!isKnown && <option value={value}>{value}</option>}
          {options.map(([known, text]) => (
            <option key={known} value={known}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export interface TextFilterProps {
  readonly name: string;
  readonly label: string;
  readonly isSearch?: boolean;
  readonly placeholder?: string;
  /** Names that are offered while somebody types. */
  readonly suggestions?: readonly string[];
}

export function TextFilter({ name, label, isSearch = false, placeholder, suggestions = [] }: TextFilterProps) {
  const { get, change } = useSearchState();
  const said = get(name);
  const [typed, setTyped] = useState(said);
  const [known, setKnown] = useState(said);
  // Back, forward and “Clear filters” change the address from outside.
  if (known !== said) {
    setKnown(said);
    setTyped(said);
  }
  useEffect(() => {
    if (typed.trim() === said) return;
    const timer = setTimeout(() => {
      change({ [name]: typed.trim(), cursor: null }, { replace: said !== '' });
    }, settleMs);
    return () => {
      clearTimeout(timer);
    };
    // `change` is another function at each drawing, and the same one in what it does.
    // eslint-disable-next-line react-hooks/exhaustive-deps, @eslint-react/exhaustive-deps -- see above
  }, [typed, said, name]);
  return (
    <Field label={label}>
      {(ids) => (
        <>
          <input
            {...ids}
            type={isSearch ? 'search' : 'text'}
            value={typed}
            placeholder={placeholder}
            autoComplete="off"
            spellCheck={false}
            list={suggestions.length === 0 ? undefined : `${ids.id}-list`}
            onChange={({ target }) => {
              setTyped(target.value);
            }}
          />
          {suggestions.length > 0 && (
            <datalist id={`${ids.id}-list`}>
              {suggestions.map((suggestion) => (
                <option key={suggestion} value={suggestion} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}
