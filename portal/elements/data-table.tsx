/**
 * Rows of a list as a table. A row has one link of its own, which the whole row follows; `j` and `k` go from row to row.
 * Columns that are not needed on a narrow page say so. A page of 250 rows stays within 4,000 elements: what can be said by
 * the cell itself, such as a tone or a title, takes no element of its own.
 */
import type { ReactNode } from 'react';
import type { Tone } from './badge.tsx';
import styles from './data-table.module.css';

export interface Column<Row> {
  readonly id: string;
  readonly head: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Left out where the page is narrow. */
  readonly isWideOnly?: boolean;
  /** Numbers stand one above the other. */
  readonly isNumber?: boolean;
  /** Code, or what is read like it. */
  readonly isCode?: boolean;
  /** A state in one word, with a colour that repeats it. */
  readonly toneOf?: (row: Row) => Tone;
  /** What a short text stands for, such as the whole time. */
  readonly titleOf?: (row: Row) => string | undefined;
}

export interface DataTableProps<Row> {
  /** Its name: what it is a list of. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** True: it is marked, as one of several that something is done with. */
  readonly isMarked?: (row: Row) => boolean;
}

export function DataTable<Row>({ label, columns, rows, keyOf, isMarked }: DataTableProps<Row>) {
  return (
    // A table that is wider than the page moves within its own frame, by keyboard too.
    <div className={styles.frame} tabIndex={0} role="group" aria-label={label}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ id, head, ...column }) => (
              <th key={id} scope="col" className={classOf({ ...column, isCode: false })}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-row data-marked={isMarked?.(row)}>
              {columns.map(({ id, cell, toneOf, titleOf, ...column }) => (
                <td key={id} className={classOf(column)} data-tone={toneOf?.(row)} title={titleOf?.(row)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type Look = Pick<Column<unknown>, 'isWideOnly' | 'isNumber' | 'isCode'>;

function classOf({ isWideOnly = false, isNumber = false, isCode = false }: Look): string | undefined {
  const names = [
    ...(isWideOnly ? [styles.wideOnly] : []),
    ...(isNumber ? [styles.number] : []),
    ...(isCode ? [styles.code] : []),
  ];
  return names.length === 0 ? undefined : names.join(' ');
}
