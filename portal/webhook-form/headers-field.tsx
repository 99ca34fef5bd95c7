/** Headers that each POST gets. Values are never shown again. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '../elements/button.tsx';
import type { HeaderRow } from './form-values.ts';
import type { FormProps } from './webhook-form.tsx';
import styles from './webhook-form.module.css';

export function HeadersField({ values, errors, change }: FormProps) {
  const { t } = useLingui();
  const { headers } = values;
  const set = (index: number, row: Partial<HeaderRow>) => {
    change({ headers: headers.map((one, place) => (place === index ? { ...one, ...row } : one)) });
  };
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>
        <Trans>Headers</Trans>
      </legend>
      <p className={styles.soft}>
        <Trans>Added to each request. Values are kept encrypted and never shown again.</Trans>
      </p>
      {headers.map(({ name, value }, index) => {
        const number = index + 1;
        return (
          // Rows have no names of their own while they are typed.
          // eslint-disable-next-line @eslint-react/no-array-index-key -- see above
          <div key={index} className={styles.row}>
            <input
              aria-label={t`Name of header ${number}`}
              value={name}
              spellCheck={false}
              autoComplete="off"
              onChange={({ target }) => {
                set(index, { name: target.value });
              }}
            />
            <input
              aria-label={t`Value of header ${number}`}
              value={value}
              spellCheck={false}
              autoComplete="off"
              onChange={({ target }) => {
                set(index, { value: target.value });
              }}
            />
            <Button
              aria-label={t`Remove header ${number}`}
              onClick={() => {
                change({ headers: headers.filter((_, place) => place !== index) });
              }}
            >
              <Trans>Remove</Trans>
            </Button>
          </div>
        );
      })}
      {errors.headers !== undefined && <p className={styles.error}>{errors.headers}</p>}
      <div>
        <Button
          onClick={() => {
            change({ headers: [...headers, { name: '', value: '' }] });
          }}
        >
          <Trans>Add header</Trans>
        </Button>
      </div>
    </fieldset>
  );
}
