/** Labels: for whoever keeps order among many webhooks. */
import { Trans, useLingui } from '@lingui/react/macro';
import { PairsField } from './pairs-field.tsx';
import type { FormProps } from './webhook-form.tsx';

export function LabelsField({ values, errors, change }: FormProps) {
  const { t } = useLingui();
  return (
    <PairsField
      legend={<Trans>Labels</Trans>}
      hint={<Trans>Yours, to find it by, such as team and billing. Everybody who sees the webhook sees them.</Trans>}
      rows={values.labels}
      error={errors.labels}
      names={{
        name: (number) => t`Name of label ${number}`,
        value: (number) => t`Value of label ${number}`,
        remove: (number) => t`Remove label ${number}`,
        add: <Trans>Add label</Trans>,
      }}
      onChange={(labels) => {
        change({ labels });
      }}
    />
  );
}
