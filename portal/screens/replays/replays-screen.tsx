/** Replays of the client: what was sent again as a job, and how far it is. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../api/caller.ts';
import { Page } from '../../app/page.tsx';
import { useSearchState } from '../../app/search.ts';
import { Button, ButtonLink } from '../../elements/button.tsx';
import { DataTable, type Column } from '../../elements/data-table.tsx';
import { FilterBar, SelectFilter, useFilters } from '../../elements/filter-bar.tsx';
import { AsOf, NewItems, useLiveList } from '../../elements/live-list.tsx';
import { Pager, usePaging } from '../../elements/paging.tsx';
import { Empty, Loaded } from '../../elements/states.tsx';
import { Time, useShortTimes } from '../../elements/time.tsx';
import { visibleText } from '../../elements/visible-text.ts';
import { useWebhookUrls } from '../../webhook/webhooks-at-hand.ts';
import { CountedNumber } from './counted-number.tsx';
import { ReplayWhat } from './replay-filter.tsx';
import { replayTone, useReplayStatusNames, useReplayStatusText } from './replay-status.tsx';
import { readReplays, type Replay } from './replay.ts';
import styles from './replays.module.css';

const filterNames = ['status', 'webhook'] as const;

export function Screen() {
  const { t } = useLingui();
  const { get } = useSearchState();
  const paging = usePaging();
  const mayReplay = useMay('replays.write');
  const statusNames = useReplayStatusNames();
  const urls = useWebhookUrls();
  const columns = useColumns();
  const query = { status: get('status'), webhookId: get('webhook') };
  const list = useLiveList<Replay>(
    ['replays', query, paging],
    (signal) => readReplays({ ...query, ...paging }, signal),
    paging.cursor === '',
  );
  const create = (
    <ButtonLink to="/replays/new" look="main">
      <Trans>New replay</Trans>
    </ButtonLink>
  );
  return (
    <Page title={t`Replays`} actions={mayReplay ? create : undefined}>
      <FilterBar names={filterNames}>
        <SelectFilter name="status" label={t`Status`} options={Object.entries(statusNames)} />
        <SelectFilter
          name="webhook"
          label={t`Webhook`}
          options={[...urls].map(([id, url]) => [id, visibleText(url)] as const)}
        />
      </FilterBar>
      <NewItems list={list}>
        <Plural value={list.newCount} one="# new replay" other="# new replays" />
      </NewItems>
      <Loaded query={list.query} lines={8}>
        {(page) =>
          page.data.length === 0 ? (
            <NoReplays />
          ) : (
            <>
              <DataTable label={t`Replays`} rows={page.data} keyOf={({ id }) => id} columns={columns} />
              <AsOf at={list.query.dataUpdatedAt} count={page.data.length} />
              <Pager page={page} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function NoReplays() {
  const { isFiltered, clear } = useFilters(filterNames);
  if (isFiltered) {
    return (
      <Empty title={<Trans>No replay fits these filters</Trans>}>
        <Button onClick={clear}>
          <Trans>Show all replays</Trans>
        </Button>
      </Empty>
    );
  }
  return (
    <Empty title={<Trans>There is no replay yet</Trans>}>
      <p>
        <Trans>A replay sends many deliveries again, such as all that failed while an endpoint was down.</Trans>
      </p>
    </Empty>
  );
}

function useColumns(): readonly Column<Replay>[] {
  const { t } = useLingui();
  const statusText = useReplayStatusText();
  const times = useShortTimes();
  return [
    { id: 'status', head: t`Status`, toneOf: replayTone, cell: statusText },
    {
      id: 'created',
      head: t`Created`,
      cell: ({ id, createdAt }) => (
        <Link to="/replays/$id" params={{ id }}>
          <Time at={createdAt} />
        </Link>
      ),
    },
    { id: 'what', head: t`What is sent again`, cell: (replay) => <ReplayWhat replay={replay} /> },
    {
      id: 'done',
      head: t`Sent`,
      isNumber: true,
      cell: ({ done, skipped }) => (
        <>
          <CountedNumber value={done} />
          {skipped > 0 && (
            <p className={styles.soft}>
              <Plural value={skipped} one="# skipped" other="# skipped" />
            </p>
          )}
        </>
      ),
    },
    {
      id: 'total',
      head: t`Total`,
      isNumber: true,
      cell: ({ total }) => (total === null ? '–' : <CountedNumber value={total} />),
    },
    {
      id: 'finished',
      head: t`Ended`,
      isWideOnly: true,
      cell: ({ finishedAt }) => times.text(finishedAt),
      titleOf: ({ finishedAt }) => times.title(finishedAt),
    },
  ];
}
