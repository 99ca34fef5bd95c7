/** Headers that each POST gets. Values are never shown again. */
import { Trans, useLingui } from '@lingui/react/macro';
import { PairsField } from './pairs-field.tsx';
import type { FormProps } from './webhook-form.tsx';

export function HeadersField({ values, errors, change }: FormProps) {
  const { t } = useLingui();
  return (
    <PairsField
      legend={<Trans>Headers</Trans>}
      hint={<Trans>Added to each request. Values are kept encrypted and never shown again.</Trans>}
      rows={values.headers}
      error={errors.headers}
      names={{
        name: (number) => t`Name of header ${number}`,
        value: (number) => t`Value of header ${number}`,
        remove: (number) => t`Remove header ${number}`,
        add: <Trans>Add header</Trans>,
      }}
      onChange={(headers) => {
        change({ headers });
      }}
    />
  );
}
