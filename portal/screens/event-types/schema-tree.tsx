/** A JSON Schema as people read one: fields inside each other, with their types, bounds and what they mean. */
import { Trans, useLingui } from '@lingui/react/macro';
import { StrangerText } from '../../elements/stranger-text.tsx';
import reading from '../../style/reading.module.css';
import styles from './event-types.module.css';
import { schemaFields, type SchemaField } from './schema-fields.ts';

export function SchemaTree({ schema }: { readonly schema: unknown }) {
  const { t } = useLingui();
  const fields = schemaFields(schema);
  return (
    <ul className={styles.tree} aria-label={t`Fields`}>
      {fields.map((field) => (
        <Field key={field.path} field={field} />
      ))}
    </ul>
  );
}

function Field({ field: { name, type, isRequired, bounds, description, fields } }: { readonly field: SchemaField }) {
  return (
    <li>
      <StrangerText text={name} isCode /> <span className={reading.soft}>{type}</span>{' '}
      {isRequired && (
        <strong className={reading.soft}>
          <Trans>required</Trans>
        </strong>
      )}{' '}
      {bounds.length > 0 && <StrangerText text={bounds.join(', ')} isCode />}
      {description !== null && (
        <p>
          <StrangerText text={description} />
        </p>
      )}
      {fields.length > 0 && (
        <ul className={styles.tree}>
          {fields.map((inner) => (
            <Field key={inner.path} field={inner} />
          ))}
        </ul>
      )}
    </li>
  );
}
