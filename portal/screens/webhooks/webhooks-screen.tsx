/** All webhooks of the client: one call for the page, one for the small charts. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../api/caller.ts';
import { Page } from '../../app/page.tsx';
import { useSearchState } from '../../app/search.ts';
import { ButtonLink } from '../../elements/button.tsx';
import { DataTable, type Column } from '../../elements/data-table.tsx';
import { FilterBar, SelectFilter, TextFilter, useFilters } from '../../elements/filter-bar.tsx';
import { AsOf, NewItems, useLiveList } from '../../elements/live-list.tsx';
import { Pager, usePaging } from '../../elements/paging.tsx';
import { Empty, Loaded } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { useIntlName, useShortTimes } from '../../elements/time.tsx';
import { useWebhookStateNames, webhookTones } from '../../webhook/webhook-state.tsx';
import { endpointParts, readWebhooks, stateOf, type Webhook } from '../../webhook/webhook.ts';
import { SuccessOfDay } from './success-of-day.tsx';
import { readDays, type StatsByWebhook } from './stats-by-webhook.ts';
import reading from '../../style/reading.module.css';
import styles from './webhooks-screen.module.css';

const filterNames = ['q', 'state', 'type'] as const;

export function Screen() {
  const { t } = useLingui();
  const { get } = useSearchState();
  const paging = usePaging();
  const stateNames = useWebhookStateNames();
  const mayWrite = useMay('webhooks.write');
  const filters = { state: get('state'), q: get('q'), eventType: get('type') };
  const list = useLiveList(
    ['webhooks', filters, paging],
    (signal) => readWebhooks(filters, paging, signal),
    paging.cursor === '',
  );
  const ids = list.query.data?.data.map(({ id }) => id) ?? [];
  const days = useQuery({
    queryKey: ['stats-by-webhook', ids],
    queryFn: ({ signal }) => readDays(ids, signal),
    enabled: ids.length > 0,
    staleTime: 60_000,
  });
  const columns = useColumns(days.data);
  const create = (
    <ButtonLink to="/webhooks/new" look="main">
      <Trans>Create webhook</Trans>
    </ButtonLink>
  );
  return (
    <Page title={t`Webhooks`} actions={mayWrite ? create : undefined}>
      <FilterBar names={filterNames}>
        <TextFilter name="q" label={t`Search webhooks`} isSearch placeholder={t`URL, description or external ID`} />
        <SelectFilter name="state" label={t`State`} options={Object.entries(stateNames)} />
        <TextFilter name="type" label={t`Event type`} />
      </FilterBar>
      <NewItems list={list}>
        <Plural value={list.newCount} one="# new webhook" other="# new webhooks" />
      </NewItems>
      <Loaded query={list.query} lines={8}>
        {(page) =>
          page.data.length === 0 ? (
            <NoWebhooks create={mayWrite ? create : null} />
          ) : (
            <>
              <DataTable label={t`Webhooks`} rows={page.data} keyOf={({ id }) => id} columns={columns} />
              <AsOf at={list.query.dataUpdatedAt} count={page.data.length} />
              <Pager page={page} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function NoWebhooks({ create }: { readonly create: ReactNode }) {
  const { isFiltered } = useFilters(filterNames);
  if (isFiltered) return <Empty title={<Trans>No webhook fits these filters</Trans>} />;
  return (
    <Empty title={<Trans>There is no webhook yet</Trans>}>
      <p>
        <Trans>A webhook says where events are posted to, and which.</Trans>
      </p>
      {create}
    </Empty>
  );
}

function useColumns(days: ReadonlyMap<string, StatsByWebhook> | undefined): readonly Column<Webhook>[] {
  const { t } = useLingui();
  const stateNames = useWebhookStateNames();
  const times = useShortTimes();
  return [
    {
      id: 'endpoint',
      head: t`Endpoint`,
      cell: ({ id, url, description }) => (
        <>
          <Link to="/webhooks/$id" params={{ id }} className={styles.name}>
            <strong>
              <StrangerText text={endpointParts(url).host} isBare />
            </strong>
            <StrangerText text={endpointParts(url).rest} isBare />
          </Link>
          {description !== null && (
            <p className={reading.soft}>
              <StrangerText text={description} isBare />
            </p>
          )}
        </>
      ),
    },
    {
      id: 'state',
      head: t`State`,
      toneOf: (webhook) => webhookTones[stateOf(webhook)],
      cell: (webhook) => stateNames[stateOf(webhook)],
    },
    {
      id: 'success',
      head: t`Success (24 h)`,
      isWideOnly: true,
      cell: ({ id, health }) => <SuccessOfDay rate={health?.successRate} stats={days?.get(id)} />,
    },
    { id: 'waiting', head: t`Waiting`, isNumber: true, cell: ({ health }) => <WaitingCell health={health} /> },
    {
      id: 'last',
      head: t`Last attempt`,
      isWideOnly: true,
      cell: ({ health }) => times.text(lastOf(health)),
      titleOf: ({ health }) => times.title(lastOf(health)),
    },
    {
      id: 'types',
      head: t`Event types`,
      isWideOnly: true,
      isCode: true,
      cell: ({ eventTypes }) => <EventTypes types={eventTypes} />,
    },
  ];
}

/** The count stops at this many. */
const waitingMax = 1_000;

function WaitingCell({ health }: { readonly health: Webhook['health'] | undefined }) {
  const number = new Intl.NumberFormat(useIntlName());
  const times = useShortTimes();
  if (health === undefined) return '–';
  const { count, oldestAt } = health.waiting;
  if (count === 0) return '0';
  const since = times.text(oldestAt);
  return (
    <>
      {number.format(count)}
      {count >= waitingMax && '+'}
      {oldestAt !== null && (
        <p className={reading.soft} title={times.title(oldestAt)}>
          <Trans>oldest {since}</Trans>
        </p>
      )}
    </>
  );
}

const typesShown = 3;

function EventTypes({ types }: { readonly types: readonly string[] }) {
  const rest = types.length - typesShown;
  return (
    <>
      <StrangerText text={types.slice(0, typesShown).join(', ')} isBare />{' '}
      {rest > 0 && <Plural value={rest} one="and # more" other="and # more" />}
    </>
  );
}

function lastOf(health: Webhook['health']): string | null {
  const one = health?.lastSuccessAt ?? null;
  const other = health?.lastFailureAt ?? null;
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
