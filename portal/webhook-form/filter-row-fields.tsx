/** One condition: a field of the event, how it is compared, and with what. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '../elements/button.tsx';
import { takesNoValue, type FilterRow, type RowOperator } from './filter-rows.ts';
import styles from './filter-rows.module.css';

export interface FilterRowFieldsProps {
  readonly row: FilterRow;
  readonly number: number;
  /** Of the fields that are offered. */
  readonly listId: string;
  readonly isMasked: boolean;
  readonly onChange: (row: FilterRow) => void;
  readonly onRemove: () => void;
}

export function FilterRowFields({ row, number, listId, isMasked, onChange, onRemove }: FilterRowFieldsProps) {
  const { t } = useLingui();
  const operators = useOperatorNames();
  const { field, operator, value } = row;
  const isList = operator === '$in' || operator === '$nin';
  return (
    <div className={styles.row}>
      <input
        aria-label={t`Field of condition ${number}`}
        placeholder="data.amount"
        list={listId}
        value={field}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => {
          onChange({ ...row, field: target.value });
        }}
      />
      <select
        aria-label={t`Comparison of condition ${number}`}
        value={operator}
        onChange={({ target }) => {
          onChange({ ...row, operator: target.value as RowOperator });
        }}
      >
        {Object.entries(operators).map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
      {!takesNoValue(operator) && (
        <input
          aria-label={t`Value of condition ${number}`}
          placeholder={isList ? t`EUR, USD` : '100'}
          value={value}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => {
            onChange({ ...row, value: target.value });
          }}
        />
      )}
      <Button
        aria-label={t`Remove condition ${number}`}
        onClick={({ currentTarget }) => {
          // With the row goes the button that has the focus.
          const group = currentTarget.closest('[role=group]');
          onRemove();
          group?.querySelector<HTMLElement>('[data-add]')?.focus();
        }}
      >
        <Trans>Remove</Trans>
      </Button>
      {isMasked && (
        <p className={styles.note}>
          <Trans>This field is masked: a filter sees ******** in its place.</Trans>
        </p>
      )}
    </div>
  );
}

function useOperatorNames(): Readonly<Record<RowOperator, string>> {
  const { t } = useLingui();
  return {
    $eq: t`is`,
    $ne: t`is not`,
    $in: t`is one of`,
    $nin: t`is none of`,
    $gt: t`is more than`,
    $gte: t`is at least`,
    $lt: t`is less than`,
    $lte: t`is at most`,
    $prefix: t`begins with`,
    exists: t`is there`,
    missing: t`is not there`,
  };
}
