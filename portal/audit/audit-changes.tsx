/** What a change changed, field by field. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { DataTable } from '../elements/data-table.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import reading from '../style/reading.module.css';
import styles from './audit.module.css';
import type { AuditEntry } from './audit.ts';
import { differences } from './differences.ts';

export function AuditChanges({ entry: { before, after } }: { readonly entry: AuditEntry }) {
  const { t } = useLingui();
  const [isOpen, setOpen] = useState(false);
  const fields = differences(before, after);
  if (fields.length === 0) return null;
  return (
    <details
      className={styles.details}
      onToggle={({ currentTarget }) => {
        setOpen(currentTarget.open);
      }}
    >
      <summary>
        <Plural value={fields.length} one="# field" other="# fields" />
      </summary>
      {isOpen && (
        <DataTable
          label={t`Fields that changed`}
          rows={fields}
          keyOf={({ path }) => path}
          columns={[
            { id: 'field', head: t`Field`, cell: ({ path }) => <StrangerText text={path} isCode /> },
            { id: 'before', head: t`Before`, cell: ({ before: was }) => <Value value={was} /> },
            { id: 'after', head: t`After`, cell: ({ after: is }) => <Value value={is} /> },
          ]}
        />
      )}
    </details>
  );
}

function Value({ value }: { readonly value: unknown }) {
  if (value === undefined) {
    return (
      <span className={reading.soft}>
        <Trans>not there</Trans>
      </span>
    );
  }
  return <StrangerText text={JSON.stringify(value)} isCode />;
}
