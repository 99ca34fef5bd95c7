/**
 * Dialogs of our own: `confirm` does nothing in a foreign frame. The platform's element keeps the focus inside and gives
 * it back. One that is there is open: whoever shows it decides.
 */
import { Trans } from '@lingui/react/macro';
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { Button, type ButtonLook } from './button.tsx';
import styles from './dialog.module.css';
import { ProblemAlert } from './problem-alert.tsx';

export interface DialogProps {
  readonly title: ReactNode;
  /** By Escape; left out: it is left only by what is in it. */
  readonly onClose?: (() => void) | undefined;
  readonly role?: 'dialog' | 'alertdialog';
  readonly children: ReactNode;
}

export function Dialog({ title, onClose, role = 'dialog', children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={element}
      role={role}
      aria-labelledby={titleId}
      className={styles.dialog}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onKeyDown={(event) => {
        // A second Escape would close it whatever was said to the first.
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        onClose?.();
      }}
    >
      <h2 id={titleId} className={styles.title}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}

export function DialogActions({ children }: { readonly children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}

export interface ConfirmationProps {
  /** A question, such as “Disable webhook?”. */
  readonly title: ReactNode;
  /** What happens then, in numbers where there are some. */
  readonly children: ReactNode;
  readonly actionLabel: ReactNode;
  readonly look?: ButtonLook;
  readonly isBusy: boolean;
  /** Null: nothing went wrong so far. */
  readonly error: unknown;
  /** False while something has to be typed first. */
  readonly isReady?: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

export function Confirmation(props: ConfirmationProps) {
  const { title, children, actionLabel, look = 'main', isBusy, error, isReady = true, onConfirm, onCancel } = props;
  return (
    <Dialog title={title} role="alertdialog" onClose={onCancel}>
      <div className={styles.body}>{children}</div>
      {error !== null && error !== undefined && <ProblemAlert error={error} />}
      <DialogActions>
        <Button onClick={onCancel}>
          <Trans>Cancel</Trans>
        </Button>
        <Button look={look} isBusy={isBusy} disabled={!isReady} onClick={onConfirm}>
          {actionLabel}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
