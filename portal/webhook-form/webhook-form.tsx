/** The fields of a webhook, for a new one and for changes of one. What is wrong stands at its field. */
import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Field } from '../elements/field.tsx';
import { EventTypesField } from './event-types-field.tsx';
import type { FieldErrors } from './field-errors.ts';
import { FilterField } from './filter-field.tsx';
import type { FormValues } from './form-values.ts';
import { HeadersField } from './headers-field.tsx';
import { LabelsField } from './labels-field.tsx';
import { OrderingField } from './ordering-field.tsx';
import { RetryPolicyField } from './retry-policy-field.tsx';
import { TlsField } from './tls-field.tsx';
import styles from './webhook-form.module.css';

export interface FormProps {
  readonly values: FormValues;
  readonly errors: FieldErrors;
  readonly change: (change: Partial<FormValues>) => void;
}

export interface WebhookFormProps extends FormProps {
  /** What only a new webhook has. */
  readonly children?: ReactNode;
}

type TextName = 'url' | 'description' | 'rateLimitPerSecond' | 'timeoutMs' | 'maxInFlight' | 'externalId';

export function WebhookForm({ children, ...form }: WebhookFormProps) {
  const { t } = useLingui();
  const { values, errors, change } = form;
  const text = (name: TextName, label: string, hint?: string, type = 'text') => (
    <Field label={label} hint={hint} error={errors[name]}>
      {(ids) => (
        <input
          {...ids}
          type={type}
          inputMode={type === 'text' || type === 'url' ? undefined : 'numeric'}
          value={values[name]}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => {
            change({ [name]: target.value });
          }}
        />
      )}
    </Field>
  );
  return (
    <div className={styles.form}>
      {text('url', t`Endpoint URL`, t`Where events are posted.`, 'url')}
      <EventTypesField {...form} />
      {text('description', t`Description`)}
      <FilterField {...form} />
      <OrderingField {...form} />
      {values.ordering === 'parallel' && text('maxInFlight', t`Parallel requests`, t`At most so many at a time.`)}
      {text('rateLimitPerSecond', t`Requests per second`, t`Empty: no limit.`)}
      {text('timeoutMs', t`Timeout (ms)`, t`From resolving the name to the head of the answer. Empty: the usual one.`)}
      <Field label={t`Format`} error={errors.format}>
        {(ids) => (
          <select
            {...ids}
            value={values.format}
            onChange={({ target }) => {
              change({ format: target.value as FormValues['format'] });
            }}
          >
            <option value="json">JSON</option>
            <option value="cloudevents">CloudEvents</option>
            <option value="form">{t`Form (urlencoded)`}</option>
            <option value="xml">XML</option>
          </select>
        )}
      </Field>
      <HeadersField {...form} />
      <RetryPolicyField {...form} />
      <TlsField {...form} />
      <LabelsField {...form} />
      {text('externalId', t`External ID`, t`Yours, to find it by.`)}
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={values.autoHeal}
          onChange={({ target }) => {
            change({ autoHeal: target.checked });
          }}
        />
        <Trans>Enable it again by itself once its endpoint works after failures</Trans>
      </label>
      {children}
    </div>
  );
}
