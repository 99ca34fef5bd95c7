/** Who changed what, newest first, with what it was before and after. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useSearchState } from '../app/search.ts';
import { Button } from '../elements/button.tsx';
import { FilterBar, TextFilter, useFilters } from '../elements/filter-bar.tsx';
import { AsOf, NewItems, useLiveList } from '../elements/live-list.tsx';
import { MomentFilter } from '../elements/moment-filter.tsx';
import { Pager, usePaging } from '../elements/paging.tsx';
import { Empty, Loaded } from '../elements/states.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import { Time } from '../elements/time.tsx';
import { AuditChanges } from './audit-changes.tsx';
import reading from '../style/reading.module.css';
import styles from './audit.module.css';
import { readAudit, type AuditEntry } from './audit.ts';

const filterNames = ['action', 'object', 'from', 'to'] as const;
const actions = ['webhook.created', 'webhook.updated', 'webhook.disabled', 'webhook.enabled', 'webhook.deleted'];

/** @param webhookId the changes of one webhook; null: all that the caller may see */
export function AuditList({ webhookId }: { readonly webhookId: string | null }) {
  const { t } = useLingui();
  const { get } = useSearchState();
  const paging = usePaging();
  const names = webhookId === null ? filterNames : filterNames.filter((name) => name !== 'object');
  const query = {
    action: get('action'),
    objectId: webhookId ?? get('object'),
    from: get('from'),
    to: get('to'),
    ...paging,
  };
  const list = useLiveList(['audit', query], (signal) => readAudit(query, signal), paging.cursor === '');
  return (
    <>
      <FilterBar names={names}>
        <TextFilter name="action" label={t`Change`} suggestions={actions} />
        {webhookId === null && <TextFilter name="object" label={t`ID of what was changed`} />}
        <MomentFilter name="from" label={t`From`} />
        <MomentFilter name="to" label={t`To`} />
      </FilterBar>
      <NewItems list={list}>
        <Plural value={list.newCount} one="# new change" other="# new changes" />
      </NewItems>
      <Loaded query={list.query} lines={8}>
        {(page) => (
          <>
            {page.data.length === 0 ? (
              <NoChanges names={names} />
            ) : (
              <ol className={styles.entries}>
                {page.data.map((entry) => (
                  <li key={entry.id} className={styles.entry} data-row>
                    <Entry entry={entry} />
                  </li>
                ))}
              </ol>
            )}
            <AsOf at={list.query.dataUpdatedAt} count={page.data.length} />
            <Pager page={page} />
          </>
        )}
      </Loaded>
    </>
  );
}

function NoChanges({ names }: { readonly names: readonly string[] }) {
  const { isFiltered, clear } = useFilters(names);
  if (!isFiltered) return <Empty title={<Trans>Nothing was changed yet</Trans>} />;
  return (
    <Empty title={<Trans>No change fits these filters</Trans>}>
      <Button onClick={clear}>
        <Trans>Show all changes</Trans>
      </Button>
    </Empty>
  );
}

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const { at, actor, action, objectId, address, requestId } = entry;
  return (
    <>
      <p>
        <StrangerText text={action} isCode /> <StrangerText text={objectId} isCode />
      </p>
      <p className={reading.soft}>
        <Time at={at} isExact /> · <Actor actor={actor} />
        {address !== null && (
          <>
            {' '}
            · <StrangerText text={address} />
          </>
        )}
        {requestId !== null && (
          <>
            {' '}
            · <Trans>Request ID</Trans> <StrangerText text={requestId} isCode />
          </>
        )}
      </p>
      <AuditChanges entry={entry} />
    </>
  );
}

function Actor({ actor: { kind, id, name } }: { readonly actor: AuditEntry['actor'] }) {
  if (kind === 'system') return <Trans>the system itself</Trans>;
  return <StrangerText text={name ?? id} />;
}
