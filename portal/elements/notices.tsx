/** What was done, said politely: a notice goes by itself, since nothing has to be done about it. Errors are no notices. */
import { useLingui } from '@lingui/react/macro';
import { X } from 'lucide-react';
import { ObservedValue, useObserved } from '../session/observed-value.ts';
import { Button } from './button.tsx';
import styles from './notices.module.css';

interface Notice {
  readonly id: number;
  readonly text: string;
}

const shownMs = 8_000;
const shownMax = 4;
const notices = new ObservedValue<readonly Notice[]>([]);
let lastId = 0;

/** @param text in the language of the page */
export function tell(text: string): void {
  lastId += 1;
  const id = lastId;
  notices.set([...notices.get(), { id, text }].slice(-shownMax));
  setTimeout(() => {
    dismiss(id);
  }, shownMs);
}

function dismiss(id: number): void {
  notices.set(notices.get().filter((notice) => notice.id !== id));
}

export function Notices() {
  const { t } = useLingui();
  return (
    <div role="status" aria-live="polite" className={styles.notices}>
      {useObserved(notices).map(({ id, text }) => (
        <p key={id} className={styles.notice}>
          {text}
          <Button
            look="quiet"
            aria-label={t`Dismiss`}
            onClick={() => {
              dismiss(id);
            }}
          >
            <X size={16} aria-hidden />
          </Button>
        </p>
      ))}
    </div>
  );
}
