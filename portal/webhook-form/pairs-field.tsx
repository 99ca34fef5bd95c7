/** Names with values, one pair in a row. */
import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Button } from '../elements/button.tsx';
import type { PairRow } from './form-values.ts';
import reading from '../style/reading.module.css';
import styles from './webhook-form.module.css';

export interface PairsFieldProps {
  readonly legend: ReactNode;
  readonly hint: ReactNode;
  readonly rows: readonly PairRow[];
  readonly error: string | undefined;
  /** What the fields of a row are called, by its number. */
  readonly names: {
    readonly name: (number: number) => string;
    readonly value: (number: number) => string;
    readonly remove: (number: number) => string;
    readonly add: ReactNode;
  };
  readonly onChange: (rows: readonly PairRow[]) => void;
}

export function PairsField({ legend, hint, rows, error, names, onChange }: PairsFieldProps) {
  const input = (index: number, part: keyof PairRow) => (
    <input
      aria-label={names[part](index + 1)}
      value={rows[index]?.[part] ?? ''}
      spellCheck={false}
      autoComplete="off"
      onChange={({ target }) => {
        onChange(rows.map((row, place) => (place === index ? { ...row, [part]: target.value } : row)));
      }}
    />
  );
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{legend}</legend>
      <p className={reading.soft}>{hint}</p>
      {rows.map((_, index) => (
        // Rows have no names of their own while they are typed.
        // eslint-disable-next-line @eslint-react/no-array-index-key -- see above
        <div key={index} className={styles.row}>
          {input(index, 'name')}
          {input(index, 'value')}
          <Button
            aria-label={names.remove(index + 1)}
            onClick={({ currentTarget }) => {
              // With the row goes the button that has the focus.
              const field = currentTarget.closest('fieldset');
              onChange(rows.filter((__, place) => place !== index));
              field?.querySelector<HTMLElement>('[data-add]')?.focus();
            }}
          >
            <Trans>Remove</Trans>
          </Button>
        </div>
      ))}
      {error !== undefined && <p className={styles.error}>{error}</p>}
      <div>
        <Button
          data-add
          onClick={() => {
            onChange([...rows, { name: '', value: '' }]);
          }}
        >
          {names.add}
        </Button>
      </div>
    </fieldset>
  );
}
