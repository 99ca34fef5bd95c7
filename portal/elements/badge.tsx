/** A state in one word, with a colour that repeats it. */
import type { ReactNode } from 'react';
import styles from './badge.module.css';

export type Tone = 'good' | 'busy' | 'bad' | 'calm';

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <span className={`${styles.badge ?? ''} ${styles[tone] ?? ''}`}>{children}</span>;
}

/** The state of the one thing that a page is about: its change is announced. @param name what it says */
export function StatusBadge({ tone, name }: { readonly tone: Tone; readonly name: string }) {
  return (
    <span role="status" aria-label={name} className={`${styles.badge ?? ''} ${styles[tone] ?? ''}`}>
      {name}
    </span>
  );
}
