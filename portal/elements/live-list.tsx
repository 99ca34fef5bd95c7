/**
 * A list that moves under nobody's hand: rows that are shown are kept up to date where they stand, new ones are counted and
 * come when they are asked for.
 */
import { Plural, Trans } from '@lingui/react/macro';
import { useQuery, useQueryClient, type QueryKey, type UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ListPage } from '../api/reads.ts';
import { Button } from './button.tsx';
import reading from '../style/reading.module.css';
import styles from './live-list.module.css';
import { timeOfDay } from './time-text.ts';
import { useTimeStyle } from './time.tsx';

const lookEveryMs = 10_000;

interface Identified {
  readonly id: string;
}

export interface LiveList<Item> {
  readonly query: UseQueryResult<ListPage<Item>>;
  readonly newCount: number;
  readonly show: () => void;
}

/** @param isFirstPage only there something new can come */
export function useLiveList<Item extends Identified>(
  queryKey: QueryKey,
  readPage: (signal: AbortSignal) => Promise<ListPage<Item>>,
  isFirstPage: boolean,
): LiveList<Item> {
  const client = useQueryClient();
  const query = useQuery({ queryKey: [...queryKey, 'shown'], queryFn: ({ signal }) => readPage(signal) });
  const looked = useQuery({
    queryKey: [...queryKey, 'looked'],
    queryFn: ({ signal }) => readPage(signal),
    enabled: query.data !== undefined,
    // What was just read is not read again.
    initialData: query.data,
    initialDataUpdatedAt: query.dataUpdatedAt,
    refetchInterval: lookEveryMs,
    // Nobody looks at a hidden page.
    refetchIntervalInBackground: false,
    staleTime: lookEveryMs,
    retry: false,
  });
  const fresh = looked.dataUpdatedAt > query.dataUpdatedAt ? looked.data : undefined;
  const shown = query.data;
  const shownIds = new Set(shown?.data.map(({ id }) => id));
  const byId = new Map(fresh?.data.map((item) => [item.id, item]));
  const data = shown && { ...shown, data: shown.data.map((item) => byId.get(item.id) ?? item) };
  return {
    query: { ...query, data } as UseQueryResult<ListPage<Item>>,
    newCount: isFirstPage ? (fresh?.data.filter(({ id }) => !shownIds.has(id)).length ?? 0) : 0,
    show: () => {
      void client.invalidateQueries({ queryKey: [...queryKey, 'shown'] });
    },
  };
}

/** Says how many there are, politely, and brings them. @param children what they are: “12 new deliveries” */
export function NewItems({ list, children }: { readonly list: LiveList<unknown>; readonly children: ReactNode }) {
  return (
    <div role="status" className={styles.bar} data-empty={list.newCount === 0}>
      {list.newCount > 0 && (
        <>
          <span>{children}</span>
          <Button onClick={list.show}>
            <Trans>Show</Trans>
          </Button>
        </>
      )}
    </div>
  );
}

/** When what is shown was read. */
export function AsOf({ at, count }: { readonly at: number; readonly count: number }) {
  const style = useTimeStyle();
  if (at === 0) return null;
  const time = timeOfDay(at, style);
  return (
    <p className={reading.soft}>
      <Plural value={count} one="# row" other="# rows" /> · <Trans>as of {time}</Trans>
    </p>
  );
}
