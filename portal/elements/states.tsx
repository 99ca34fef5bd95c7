/** What a screen shows in place of its data: that it is read, that there is none, that it may not be seen. */
import { Trans } from '@lingui/react/macro';
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { waitMs } from '../api/queries.ts';
import { ProblemAlert } from './problem-alert.tsx';
import styles from './states.module.css';
import { Unseen } from './unseen.tsx';

/** What comes sooner needs no sign that it comes. */
const skeletonAfterMs = 150;

/** Lines where the data will be, of the height that it will have. */
export function Skeleton({ lines = 6 }: { readonly lines?: number }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setShown(true);
    }, skeletonAfterMs);
    return () => {
      clearTimeout(timer);
    };
  }, []);
  return (
    <div className={styles.skeleton} aria-busy="true" data-shown={isShown}>
      <Unseen>
        <Trans>Loading…</Trans>
      </Unseen>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className={styles.bone} />
      ))}
    </div>
  );
}

/** Nothing is there, and what to do next. */
export function Empty({ title, children }: { readonly title: ReactNode; readonly children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <p className={styles.emptyTitle}>{title}</p>
      {children}
    </div>
  );
}

export function NotAllowed() {
  return (
    <Empty title={<Trans>You can look, not change</Trans>}>
      <p>
        <Trans>This session does not include what this page is for. Ask whoever sent you the link for more.</Trans>
      </p>
    </Empty>
  );
}

export interface LoadedProps<Data> {
  readonly query: UseQueryResult<Data>;
  /** Lines of the skeleton: about as many as there will be rows. */
  readonly lines?: number;
  readonly children: (data: Data) => ReactNode;
}

/**
 * The data of a query once it is there, else what became of it. Data that is there stays while it is read again; an error
 * of that stands above it.
 */
export function Loaded<Data>({ query, lines = 6, children }: LoadedProps<Data>) {
  const retry = () => {
    void query.refetch();
  };
  if (query.data === undefined) {
    if (query.isError) return <ProblemAlert error={query.error} onRetry={retry} />;
    return (
      <>
        <Waiting query={query} />
        <Skeleton lines={lines} />
      </>
    );
  }
  return (
    <>
      {query.isError && <ProblemAlert error={query.error} onRetry={retry} />}
      <Waiting query={query} />
      {children(query.data)}
    </>
  );
}

/** Says that the API asked to wait, while it is waited for. */
function Waiting({ query }: { readonly query: Pick<UseQueryResult, 'failureReason' | 'isFetching'> }) {
  const ms = waitMs(query.failureReason);
  if (ms === null || !query.isFetching) return null;
  const seconds = Math.ceil(ms / 1000);
  return (
    <p role="status" className={styles.waiting}>
      <Trans>The API asked to wait {seconds} s; it is asked again then.</Trans>
    </p>
  );
}
