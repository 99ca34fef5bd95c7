/** Asks before what was typed is lost: when another page is gone to, and when this one is closed or loaded anew. */
import { Trans } from '@lingui/react/macro';
import { useBlocker } from '@tanstack/react-router';
import { Confirmation } from '../elements/dialog.tsx';

interface Move {
  readonly current: { readonly pathname: string };
  readonly next: { readonly pathname: string };
}

/** @param isUnsaved something was typed that is stored nowhere */
export function UnsavedWarning({ isUnsaved }: { readonly isUnsaved: boolean }) {
  const blocked = useBlocker({
    shouldBlockFn: isAnotherPage,
    enableBeforeUnload: isUnsaved,
    disabled: !isUnsaved,
    withResolver: true,
  });
  if (blocked.status !== 'blocked') return null;
  return (
    <Confirmation
      title={<Trans>Leave this page?</Trans>}
      actionLabel={<Trans>Leave</Trans>}
      look="danger"
      isBusy={false}
      error={null}
      onConfirm={blocked.proceed}
      onCancel={blocked.reset}
    >
      <p>
        <Trans>What you typed is not saved.</Trans>
      </p>
    </Confirmation>
  );
}

/** What only the query of the address says is on the same page. */
function isAnotherPage({ current, next }: Move): boolean {
  return current.pathname !== next.pathname;
}
