/** Shows a secret once. It is left only by saying that the secret is stored, and is nowhere afterwards. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '../elements/button.tsx';
import { CopyButton } from '../elements/copy-button.tsx';
import { Dialog, DialogActions } from '../elements/dialog.tsx';
import { Field } from '../elements/field.tsx';
import { saveAsFile } from '../elements/save-as-file.ts';

export interface SecretDialogProps {
  readonly webhookId: string;
  readonly secret: string;
  readonly onStored: () => void;
}

export function SecretDialog({ webhookId, secret, onStored }: SecretDialogProps) {
  const { t } = useLingui();
  return (
    <Dialog title={<Trans>Signing secret</Trans>}>
      <p>
        {secret.startsWith('whpk_') ? (
          <Trans>Your receiver verifies signatures with this public key.</Trans>
        ) : (
          <Trans>Your receiver verifies signatures with it. It is shown this one time only.</Trans>
        )}
      </p>
      <Field label={t`Secret`}>
        {(ids) => (
          <input
            {...ids}
            type="text"
            readOnly
            value={secret}
            onFocus={({ target }) => {
              target.select();
            }}
          />
        )}
      </Field>
      <DialogActions>
        <CopyButton text={secret}>
          <Trans>Copy secret</Trans>
        </CopyButton>
        <Button
          onClick={() => {
            saveAsFile(`${webhookId}.secret.txt`, new Blob([`${secret}\n`]));
          }}
        >
          <Trans>Download</Trans>
        </Button>
        <Button look="main" onClick={onStored}>
          <Trans>I have stored the secret</Trans>
        </Button>
      </DialogActions>
    </Dialog>
  );
}
