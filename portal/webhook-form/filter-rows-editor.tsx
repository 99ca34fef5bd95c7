/** The filter as rows in groups. What is typed here is in the JSON beside it at once, and the other way round. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useId, useState } from 'react';
import { Button } from '../elements/button.tsx';
import { FilterRowFields } from './filter-row-fields.tsx';
import { emptyRow, filterText, type FilterGroup, type FilterRow, type GroupMode } from './filter-rows.ts';
import reading from '../style/reading.module.css';
import styles from './filter-rows.module.css';

export interface FilterRowsEditorProps {
  /** What the JSON says. */
  readonly groups: readonly FilterGroup[];
  /** The JSON. */
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly fields: readonly string[];
  readonly isMasked: (field: string) => boolean;
}

interface Draft {
  readonly text: string;
  readonly groups: readonly FilterGroup[];
}

export function FilterRowsEditor({ groups: said, text, onChange, fields, isMasked }: FilterRowsEditorProps) {
  const listId = useId();
  // Rows that are not finished are in no JSON: they live here, until the JSON is changed by hand.
  const [draft, setDraft] = useState<Draft>({ text, groups: said });
  const groups = draft.text === text ? draft.groups : said;
  const set = (next: readonly FilterGroup[]) => {
    const changed = filterText(next);
    setDraft({ text: changed, groups: next });
    onChange(changed);
  };
  const numbers = firstNumbers(groups);
  return (
    <div className={styles.groups}>
      <datalist id={listId}>
        {fields.map((field) => (
          <option key={field} value={field} />
        ))}
      </datalist>
      {groups.map((group, place) => (
        <Group
          // Groups have no names of their own.
          // eslint-disable-next-line @eslint-react/no-array-index-key -- see above
          key={place}
          group={group}
          number={place + 1}
          firstRow={numbers[place] ?? 1}
          listId={listId}
          isMasked={isMasked}
          onChange={(changed) => {
            set(groups.map((one, index) => (index === place ? changed : one)));
          }}
          onRemove={() => {
            set(groups.filter((_, index) => index !== place));
          }}
        />
      ))}
      <div>
        <Button
          onClick={() => {
            set([...groups, { mode: groups.length === 0 ? 'all' : 'any', rows: [emptyRow] }]);
          }}
        >
          {groups.length === 0 ? <Trans>Add conditions</Trans> : <Trans>Add group</Trans>}
        </Button>
      </div>
    </div>
  );
}

/** The number of the first row of each group: rows are counted through. */
function firstNumbers(groups: readonly FilterGroup[]): readonly number[] {
  let next = 1;
  return groups.map(({ rows }) => {
    const first = next;
    next += rows.length;
    return first;
  });
}

interface GroupProps {
  readonly group: FilterGroup;
  readonly number: number;
  readonly firstRow: number;
  readonly listId: string;
  readonly isMasked: (field: string) => boolean;
  readonly onChange: (group: FilterGroup) => void;
  readonly onRemove: () => void;
}

function Group({ group, number, firstRow, listId, isMasked, onChange, onRemove }: GroupProps) {
  const { t } = useLingui();
  const { mode, rows } = group;
  const setRows = (next: readonly FilterRow[]) => {
    onChange({ mode, rows: next });
  };
  return (
    <div role="group" aria-label={t`Conditions ${number}`} className={styles.group}>
      <select
        aria-label={t`How many of conditions ${number} hold`}
        value={mode}
        onChange={({ target }) => {
          onChange({ mode: target.value as GroupMode, rows });
        }}
      >
        <option value="all">{t`All of these hold`}</option>
        <option value="any">{t`Any of these holds`}</option>
        <option value="none">{t`None of these holds`}</option>
      </select>
      {rows.map((row, index) => (
        <FilterRowFields
          // Rows have no names of their own while they are typed.
          // eslint-disable-next-line @eslint-react/no-array-index-key -- see above
          key={index}
          row={row}
          number={firstRow + index}
          listId={listId}
          isMasked={isMasked(row.field)}
          onChange={(changed) => {
            setRows(rows.map((one, place) => (place === index ? changed : one)));
          }}
          onRemove={() => {
            setRows(rows.filter((_, place) => place !== index));
          }}
        />
      ))}
      <div className={reading.actions}>
        <Button
          data-add
          onClick={() => {
            setRows([...rows, emptyRow]);
          }}
        >
          <Trans>Add condition</Trans>
        </Button>
        <Button look="quiet" onClick={onRemove}>
          <Trans>Remove group</Trans>
        </Button>
      </div>
    </div>
  );
}
