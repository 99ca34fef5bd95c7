/** The catalogue: which events there are, and what they mean. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../api/api.ts';
import { read, type ListPage } from '../../api/reads.ts';
import { Page } from '../../app/page.tsx';
import { useSearchState } from '../../app/search.ts';
import { Badge } from '../../elements/badge.tsx';
import { DataTable, type Column } from '../../elements/data-table.tsx';
import { FilterBar, SelectFilter, useFilters } from '../../elements/filter-bar.tsx';
import { Pager, usePaging } from '../../elements/paging.tsx';
import { Empty, Loaded } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';

type EventType = Schemas['EventType'];

const filterNames = ['deprecated'] as const;

export function Screen() {
  const { t } = useLingui();
  const { get } = useSearchState();
  const paging = usePaging();
  const query = { deprecated: get('deprecated'), ...paging };
  const list = useQuery({
    queryKey: ['event-types', query],
    queryFn: ({ signal }) => read<ListPage<EventType>>('/v1/event-types', query, signal),
  });
  const columns = useColumns();
  return (
    <Page title={t`Event types`}>
      <FilterBar names={filterNames}>
        <SelectFilter
          name="deprecated"
          label={t`Deprecated`}
          options={[
            ['false', t`No`],
            ['true', t`Yes`],
          ]}
        />
      </FilterBar>
      <Loaded query={list} lines={8}>
        {(page) =>
          page.data.length === 0 ? (
            <NoTypes />
          ) : (
            <>
              <DataTable label={t`Event types`} rows={page.data} keyOf={({ type }) => type} columns={columns} />
              <Pager page={page} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function NoTypes() {
  const { isFiltered } = useFilters(filterNames);
  if (isFiltered) return <Empty title={<Trans>No event type fits these filters</Trans>} />;
  return (
    <Empty title={<Trans>The catalogue is empty</Trans>}>
      <p>
        <Trans>Events can be published without it. Whoever runs this system describes the types here.</Trans>
      </p>
    </Empty>
  );
}

function useColumns(): readonly Column<EventType>[] {
  const { t } = useLingui();
  return [
    {
      id: 'type',
      head: t`Event type`,
      cell: ({ type, deprecated }) => (
        <>
          <Link to="/event-types/$type" params={{ type }}>
            <StrangerText text={type} isBare />
          </Link>{' '}
          {deprecated && (
            <Badge tone="busy">
              <Trans>deprecated</Trans>
            </Badge>
          )}
        </>
      ),
    },
    {
      id: 'description',
      head: t`Description`,
      cell: ({ description }) => (description === null ? '–' : <StrangerText text={description} isBare />),
    },
    {
      id: 'audience',
      head: t`Audience`,
      isWideOnly: true,
      cell: ({ audience }) => (audience === 'broadcast' ? t`every client` : t`one client`),
    },
  ];
}
