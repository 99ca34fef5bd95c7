/** Parts of a page of which one is shown; which one is in the address. Arrow keys move between them (WAI-ARIA, tabs). */
import { useId, useRef, type ReactNode } from 'react';
import { useSearchState } from '../app/search.ts';
import styles from './tabs.module.css';

export interface Tab {
  /** In the address. */
  readonly name: string;
  readonly label: string;
  readonly content: () => ReactNode;
}

export interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
}

export function Tabs({ label, tabs }: TabsProps) {
  const { get, change } = useSearchState();
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const said = get('tab');
  const present = Math.max(
    0,
    tabs.findIndex(({ name }) => name === said),
  );
  const show = (index: number) => {
    change({ tab: index === 0 ? null : (tabs[index]?.name ?? null) }, { replace: true });
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[index]?.focus();
  };
  const keys: Readonly<Record<string, () => number>> = {
    ArrowRight: () => (present + 1) % tabs.length,
    ArrowLeft: () => (present + tabs.length - 1) % tabs.length,
    Home: () => 0,
    End: () => tabs.length - 1,
  };
  return (
    <div className={styles.tabs}>
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        className={styles.list}
        onKeyDown={(event) => {
          const next = keys[event.key]?.();
          if (next === undefined) return;
          event.preventDefault();
          show(next);
        }}
      >
        {tabs.map(({ name, label: text }, index) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            aria-selected={index === present}
            aria-controls={`${id}-panel`}
            tabIndex={index === present ? 0 : -1}
            className={styles.tab}
            onClick={() => {
              show(index);
            }}
          >
            {text}
          </button>
        ))}
      </div>
      <div
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={`${id}-${tabs[present]?.name ?? ''}`}
        tabIndex={0}
        className={styles.panel}
      >
        {tabs[present]?.content()}
      </div>
    </div>
  );
}
