/**
 * Rows of a list as a table. A row has one link of its own, which the whole row follows; `j` and `k` go from row to row.
 * Columns that are not needed on a narrow page say so.
 */
import type { ReactNode } from 'react';
import styles from './data-table.module.css';

export interface Column<Row> {
  readonly id: string;
  readonly head: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Left out where the page is narrow. */
  readonly isWideOnly?: boolean;
  /** Numbers stand one above the other. */
  readonly isNumber?: boolean;
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
            {columns.map(({ id, head, isWideOnly, isNumber }) => (
              <th key={id} scope="col" className={classOf(isWideOnly, isNumber)}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-row data-marked={isMarked?.(row)}>
              {columns.map(({ id, cell, isWideOnly, isNumber }) => (
                <td key={id} className={classOf(isWideOnly, isNumber)}>
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

function classOf(isWideOnly = false, isNumber = false): string | undefined {
  const names = [...(isWideOnly ? [styles.wideOnly] : []), ...(isNumber ? [styles.number] : [])];
  return names.length === 0 ? undefined : names.join(' ');
}
