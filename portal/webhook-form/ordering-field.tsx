/** In which order deliveries go out, each way with what follows from it. */
import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import type { FormValues } from './form-values.ts';
import type { FormProps } from './webhook-form.tsx';
import reading from '../style/reading.module.css';
import styles from './webhook-form.module.css';

export function OrderingField({ values, change }: FormProps) {
  const { t } = useLingui();
  const option = (value: FormValues['ordering'], label: string, consequence: ReactNode) => (
    <label className={styles.check}>
      <input
        type="radio"
        name="ordering"
        aria-label={label}
        checked={values.ordering === value}
        onChange={() => {
          change({ ordering: value });
        }}
      />
      <span>
        <strong>{label}</strong>
        <br />
        <span className={reading.soft}>{consequence}</span>
      </span>
    </label>
  );
  return (
    <div role="radiogroup" aria-label={t`Ordering`} className={styles.group}>
      <p className={styles.legend}>
        <Trans>Ordering</Trans>
      </p>
      {option(
        'inOrder',
        t`In order`,
        <Trans>
          One at a time, in the order of the events. A failed one is tried again later and holds up nothing.
        </Trans>,
      )}
      {option('parallel', t`Parallel`, <Trans>Several at a time: the fastest, in no order.</Trans>)}
      {option(
        'strict',
        t`Strict`,
        <Trans>One at a time. A failed one holds up all that follow until it succeeds or is given up.</Trans>,
      )}
    </div>
  );
}
