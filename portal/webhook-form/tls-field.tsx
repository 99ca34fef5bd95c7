/** For endpoints with a CA of their own, or that want a certificate of the one who calls. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Field } from '../elements/field.tsx';
import type { FormProps } from './webhook-form.tsx';
import styles from './webhook-form.module.css';

type Name = 'ca' | 'cert' | 'key';

export function TlsField({ values, errors, change }: FormProps) {
  const { t } = useLingui();
  const pem = (name: Name, label: string) => (
    <Field label={label} error={errors[name]}>
      {(ids) => (
        <>
          <textarea
            {...ids}
            rows={3}
            value={values[name]}
            spellCheck={false}
            autoComplete="off"
            placeholder="-----BEGIN …"
            onChange={({ target }) => {
              change({ [name]: target.value });
            }}
          />
          <input
            type="file"
            accept=".pem,.crt,.cer,.key"
            aria-label={t`File for: ${label}`}
            onChange={({ target }) => {
              void target.files?.[0]?.text().then((text) => {
                change({ [name]: text });
              });
            }}
          />
        </>
      )}
    </Field>
  );
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>TLS</legend>
      <details>
        <summary>
          <Trans>Certificates of your own</Trans>
        </summary>
        {pem('ca', t`CA certificates (PEM)`)}
        {pem('cert', t`Client certificate (PEM)`)}
        {pem('key', t`Private key (PEM), never shown again`)}
      </details>
    </fieldset>
  );
}
