/** Asks before deliveries are sent again, and says what became of it. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { queryClient } from '../api/queries.ts';
import { Confirmation } from '../elements/dialog.tsx';
import { tell } from '../elements/notices.tsx';
import { resendAll, type Intentions } from './resend.ts';

export interface ResendDialogProps {
  readonly ids: readonly string[];
  readonly onClose: () => void;
  /** Called with those that are on their way. */
  readonly onSent?: (ids: readonly string[]) => void;
}

export function ResendDialog({ ids, onClose, onSent }: ResendDialogProps) {
  const { t } = useLingui();
  const [intentions] = useState<Intentions>(() => new Map());
  const [left, setLeft] = useState(ids);
  const [done, setDone] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const count = left.length;
  const send = async () => {
    setBusy(true);
    setError(null);
    setDone(0);
    const results = await resendAll(left, intentions, setDone);
    setBusy(false);
    const failed = results.filter((result) => result.error !== null);
    const sent = results.filter((result) => result.error === null).map(({ id }) => id);
    onSent?.(sent);
    await queryClient.invalidateQueries({ queryKey: ['delivery'] });
    if (failed.length === 0) {
      tell(t`On its way again`);
      onClose();
    } else {
      setLeft(failed.map(({ id }) => id));
      setError(failed[0]?.error);
    }
  };
  return (
    <Confirmation
      title={<Trans>Resend deliveries?</Trans>}
      actionLabel={<Trans>Send again</Trans>}
      isBusy={isBusy}
      error={error}
      onConfirm={() => {
        void send();
      }}
      onCancel={onClose}
    >
      <p>
        <Plural
          value={left.length}
          one="# delivery is sent again: the same id and body, signed anew, with all its attempts."
          other="# deliveries are sent again: the same ids and bodies, signed anew, each with all its attempts."
        />
      </p>
      {isBusy && count > 1 && (
        <p role="status">
          <Trans>
            {done} of {count} sent
          </Trans>
        </p>
      )}
    </Confirmation>
  );
}
