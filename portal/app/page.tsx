/** A screen's frame: its heading, which has the focus after a change of the address, and the title of the document. */
import { useEffect, useRef, type ReactNode } from 'react';
import { visibleText } from '../elements/visible-text.ts';
import { usePageConfig } from './page-config.ts';
import styles from './page.module.css';

let isHeadingWanted = false;

/** Called when the address leads to another screen. */
export function noteNavigation(): void {
  isHeadingWanted = true;
}

export interface PageProps {
  readonly title: string;
  /** Before the title of the document, such as the progress of a job. */
  readonly titlePrefix?: string;
  /** Behind the heading in the title of the document: which part of it this is. */
  readonly part?: string;
  /** Beside the heading: the state of what the page is about. */
  readonly beside?: ReactNode;
  /** What can be done here. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, titlePrefix = '', part = '', beside, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { brand } = usePageConfig();
  useEffect(() => {
    const parts = [visibleText(title), part, brand.name].filter((one) => one !== '');
    document.title = titlePrefix + parts.join(' · ');
  }, [title, titlePrefix, part, brand.name]);
  useEffect(() => {
    if (!isHeadingWanted) return;
    isHeadingWanted = false;
    heading.current?.focus();
  }, []);
  return (
    <>
      <header className={styles.head}>
        <h1 ref={heading} tabIndex={-1} className={styles.title}>
          {visibleText(title)}
        </h1>
        {beside}
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** A part of a page with a heading of its own. */
export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title} className={styles.section}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
