/** The list of deliveries with its filters, of all webhooks or of one. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useMay } from '../api/caller.ts';
import { useSearchState } from '../app/search.ts';
import { Button } from '../elements/button.tsx';
import { DataTable } from '../elements/data-table.tsx';
import { useFilters } from '../elements/filter-bar.tsx';
import { AsOf, NewItems, useLiveList } from '../elements/live-list.tsx';
import { Pager, usePaging } from '../elements/paging.tsx';
import { Empty, Loaded } from '../elements/states.tsx';
import { shortTime } from '../elements/time-text.ts';
import { useIntlName, useTimeStyle } from '../elements/time.tsx';
import { DeliveryExport } from './delivery-export.tsx';
import { DeliveryFilters } from './delivery-filters.tsx';
import styles from './deliveries-list.module.css';
import { useDeliveryColumns } from './delivery-columns.tsx';
import { countDeliveries, deliveryFilterNames, deliveryQuery, readDeliveries, type Delivery } from './delivery.ts';
import { ResendDialog } from './resend-dialog.tsx';
import { noteSeenList } from './seen-list.ts';
import { replaySearch } from './replay-search.ts';

const none: ReadonlySet<string> = new Set();

export function DeliveriesList({ webhookId }: { readonly webhookId: string | null }) {
  const { t } = useLingui();
  const { get } = useSearchState();
  const navigate = useNavigate();
  const paging = usePaging();
  const names = deliveryFilterNames.filter((name) => webhookId === null || name !== 'webhook');
  const query = { ...deliveryQuery(get), ...(webhookId !== null && { webhookId }) };
  const list = useLiveList<Delivery>(
    ['deliveries', query, paging],
    (signal) => readDeliveries({ ...query, ...paging }, signal),
    paging.cursor === '',
  );
  const [marked, setMarked] = useState(none);
  const [isResending, setResending] = useState(false);
  const mayResend = useMay('deliveries.resend');
  const mayReplay = useMay('replays.write');
  const rows = list.query.data?.data ?? [];
  const ids = rows.map(({ id }) => id);
  // What is not on the page is not marked: nothing is sent that nobody sees.
  const markedHere = ids.filter((id) => marked.has(id));
  const mark = useMarking(ids, marked, setMarked);
  const columns = useDeliveryColumns({ mark: mayResend ? mark : null, isOfOneWebhook: webhookId !== null });
  useEffect(() => {
    noteSeenList(list.query.data?.data.map(({ id }) => id) ?? []);
  }, [list.query.data]);
  return (
    <>
      <DeliveryFilters names={names} />
      <div className={styles.actions}>
        <Count query={query} />
        {mayResend && (
          <Button
            disabled={markedHere.length === 0}
            onClick={() => {
              setResending(true);
            }}
          >
            <Trans>Resend selected</Trans>
          </Button>
        )}
        {mayReplay && (
          <Button
            onClick={() => {
              void navigate({ to: '/replays/new', search: replaySearch(query) });
            }}
          >
            <Trans>Resend all that match</Trans>
          </Button>
        )}
        <DeliveryExport query={query} />
      </div>
      <NewItems list={list}>
        <Plural value={list.newCount} one="# new delivery" other="# new deliveries" />
      </NewItems>
      <Loaded query={list.query} lines={12}>
        {(page) => (
          <>
            {page.data.length === 0 ? (
              <NoDeliveries names={names} isSearchOver={(page.searchedTo ?? null) === null} />
            ) : (
              <DataTable
                label={t`Deliveries`}
                rows={page.data}
                keyOf={({ id }) => id}
                columns={columns}
                isMarked={({ id }) => marked.has(id)}
              />
            )}
            <SearchedTo at={page.searchedTo ?? null} cursor={page.nextCursor} />
            <AsOf at={list.query.dataUpdatedAt} count={page.data.length} />
            <Pager page={page} />
          </>
        )}
      </Loaded>
      {isResending && (
        <ResendDialog
          ids={markedHere}
          onClose={() => {
            setResending(false);
          }}
          onSent={(sent) => {
            setMarked(new Set([...marked].filter((id) => !sent.includes(id))));
            list.show();
          }}
        />
      )}
    </>
  );
}

export interface Marking {
  readonly isMarked: (id: string) => boolean;
  readonly areAllMarked: boolean;
  /** @param isRange from the one that was marked before, as with Shift */
  readonly mark: (id: string, isOn: boolean, isRange: boolean) => void;
  readonly markAll: (isOn: boolean) => void;
}

function useMarking(
  ids: readonly string[],
  marked: ReadonlySet<string>,
  setMarked: (marked: ReadonlySet<string>) => void,
): Marking {
  const last = useRef<string | null>(null);
  return {
    isMarked: (id) => marked.has(id),
    areAllMarked: ids.length > 0 && ids.every((id) => marked.has(id)),
    mark: (id, isOn, isRange) => {
      const start = isRange && last.current !== null ? ids.indexOf(last.current) : -1;
      const end = ids.indexOf(id);
      const meant = start === -1 ? [id] : ids.slice(Math.min(start, end), Math.max(start, end) + 1);
      last.current = id;
      setMarked(changed(marked, meant, isOn));
    },
    markAll: (isOn) => {
      setMarked(changed(marked, ids, isOn));
    },
  };
}

function changed(marked: ReadonlySet<string>, ids: readonly string[], isOn: boolean): ReadonlySet<string> {
  const next = new Set(marked);
  for (const id of ids) {
    if (isOn) next.add(id);
    else next.delete(id);
  }
  return next;
}

/** How many fit the filter; nothing where the API does not count. */
function Count({ query }: { readonly query: ReturnType<typeof deliveryQuery> }) {
  const number = new Intl.NumberFormat(useIntlName());
  const counted = useQuery({
    queryKey: ['deliveries-count', query],
    queryFn: ({ signal }) => countDeliveries(query, signal),
    staleTime: 30_000,
    retry: false,
  });
  if (counted.data === undefined) return <span />;
  const { count, isExact } = counted.data;
  const shown = `${number.format(count)}${isExact ? '' : '+'}`;
  return (
    <p className={styles.count}>
      <Plural value={count} one={`${shown} delivery`} other={`${shown} deliveries`} />
    </p>
  );
}

function NoDeliveries({ names, isSearchOver }: { readonly names: readonly string[]; readonly isSearchOver: boolean }) {
  const { isFiltered, clear } = useFilters(names);
  if (!isSearchOver) return <Empty title={<Trans>Nothing was found so far</Trans>} />;
  if (isFiltered) {
    return (
      <Empty title={<Trans>No delivery fits these filters</Trans>}>
        <Button onClick={clear}>
          <Trans>Show all deliveries</Trans>
        </Button>
      </Empty>
    );
  }
  return (
    <Empty title={<Trans>There is no delivery yet</Trans>}>
      <p>
        <Trans>A delivery is made for each event that a webhook wants. Send a test event to see one.</Trans>
      </p>
    </Empty>
  );
}

/** The API looked at as many as it looks at in one go, and found little that fits. */
function SearchedTo({ at, cursor }: { readonly at: string | null; readonly cursor: string | null }) {
  const { change } = useSearchState();
  const style = useTimeStyle();
  if (at === null) return null;
  const time = shortTime(Date.parse(at), style);
  return (
    <div className={styles.actions}>
      <p>
        <Trans>Searched back to {time}</Trans>
      </p>
      {cursor !== null && (
        <Button
          onClick={() => {
            change({ cursor });
          }}
        >
          <Trans>Search further</Trans>
        </Button>
      )}
    </div>
  );
}
