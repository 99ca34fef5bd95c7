/** What the platform published for this client, and how many webhooks each event went to. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { Page } from '../../app/page.tsx';
import { useSearchState } from '../../app/search.ts';
import { Button } from '../../elements/button.tsx';
import { DataTable, type Column } from '../../elements/data-table.tsx';
import { FilterBar, TextFilter, useFilters } from '../../elements/filter-bar.tsx';
import { AsOf, NewItems, useLiveList } from '../../elements/live-list.tsx';
import { MomentFilter } from '../../elements/moment-filter.tsx';
import { Pager, usePaging } from '../../elements/paging.tsx';
import { Empty, Loaded } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Time } from '../../elements/time.tsx';
import { readEvents, type Event } from '../../events/event.ts';

const filterNames = ['type', 'subject', 'from', 'to'] as const;

export function Screen() {
  const { t } = useLingui();
  const { get } = useSearchState();
  const paging = usePaging();
  const query = Object.fromEntries(filterNames.map((name) => [name, get(name)]));
  const list = useLiveList(
    ['events', query, paging],
    (signal) => readEvents({ ...query, ...paging }, signal),
    paging.cursor === '',
  );
  const columns = useColumns();
  return (
    <Page title={t`Events`}>
      <FilterBar names={filterNames}>
        <TextFilter name="type" label={t`Event type`} />
        <TextFilter name="subject" label={t`Subject`} />
        <MomentFilter name="from" label={t`From`} hint={t`time of the event`} />
        <MomentFilter name="to" label={t`To`} hint={t`time of the event`} />
      </FilterBar>
      <NewItems list={list}>
        <Plural value={list.newCount} one="# new event" other="# new events" />
      </NewItems>
      <Loaded query={list.query} lines={12}>
        {(page) => (
          <>
            {page.data.length === 0 ? (
              <NoEvents />
            ) : (
              <DataTable label={t`Events`} rows={page.data} keyOf={({ id }) => id} columns={columns} />
            )}
            <AsOf at={list.query.dataUpdatedAt} count={page.data.length} />
            <Pager page={page} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function NoEvents() {
  const { isFiltered, clear } = useFilters(filterNames);
  if (isFiltered) {
    return (
      <Empty title={<Trans>No event fits these filters</Trans>}>
        <Button onClick={clear}>
          <Trans>Show all events</Trans>
        </Button>
      </Empty>
    );
  }
  return (
    <Empty title={<Trans>There is no event yet</Trans>}>
      <p>
        <Trans>The platform publishes events when something happens. A webhook can get a test event at any time.</Trans>
      </p>
    </Empty>
  );
}

function useColumns(): readonly Column<Event>[] {
  const { t } = useLingui();
  return [
    {
      id: 'type',
      head: t`Event type`,
      cell: ({ id, type, kind }) => (
        <>
          <Link to="/events/$id" params={{ id }}>
            <StrangerText text={type} isBare />
          </Link>{' '}
          {kind === 'test' && <Trans>(test event)</Trans>}
        </>
      ),
    },
    { id: 'id', head: t`Event ID`, isCode: true, cell: ({ id }) => <StrangerText text={id} isBare /> },
    {
      id: 'subject',
      head: t`Subject`,
      isWideOnly: true,
      cell: ({ subject }) => (subject === null ? '–' : <StrangerText text={subject} isBare />),
    },
    { id: 'time', head: t`Event time`, cell: ({ time }) => <Time at={time} /> },
    {
      id: 'decisions',
      head: t`Webhooks`,
      cell: ({ decisions }) => (decisions === undefined ? '–' : <Decisions {...decisions} />),
    },
  ];
}

function Decisions({ matched, filtered, disabled, held, copy }: NonNullable<Event['decisions']>) {
  return (
    <>
      <Plural value={matched} _0="sent to none" one="sent to #" other="sent to #" />
      {filtered > 0 && (
        <>
          , <Plural value={filtered} one="# filtered" other="# filtered" />
        </>
      )}
      {disabled > 0 && (
        <>
          , <Plural value={disabled} one="# disabled" other="# disabled" />
        </>
      )}
      {held > 0 && (
        <>
          , <Plural value={held} one="# held" other="# held" />
        </>
      )}
      {copy > 0 && (
        <>
          , <Plural value={copy} one="# copy" other="# copies" />
        </>
      )}
    </>
  );
}
