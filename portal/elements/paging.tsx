/** Pages of a list: where one is is in the address, how many rows one likes is remembered. */
import { Trans, useLingui } from '@lingui/react/macro';
import type { ListPage } from '../api/reads.ts';
import { useSearchState } from '../app/search.ts';
import { pageSizes, prefer, preferences } from '../session/preferences.ts';
import { useObserved } from '../session/observed-value.ts';
import { Button } from './button.tsx';
import styles from './paging.module.css';

export interface Paging {
  readonly cursor: string;
  readonly limit: number;
}

export function usePaging(): Paging {
  const { get } = useSearchState();
  const { pageSize } = useObserved(preferences);
  const said = Number(get('size'));
  return { cursor: get('cursor'), limit: pageSizes.find((size) => size === said) ?? pageSize };
}

export interface PagerProps {
  readonly page: Pick<ListPage<unknown>, 'nextCursor' | 'prevCursor'>;
}

export function Pager({ page: { nextCursor, prevCursor } }: PagerProps) {
  const { t } = useLingui();
  const { change } = useSearchState();
  const { limit } = usePaging();
  const turn = (label: string, cursor: string | null) => (
    <Button
      disabled={cursor === null}
      onClick={() => {
        change({ cursor });
        window.scrollTo({ top: 0 });
      }}
    >
      {label}
    </Button>
  );
  return (
    <div className={styles.pager}>
      {turn(t`Newer`, prevCursor)}
      {turn(t`Older`, nextCursor)}
      <label className={styles.size}>
        <Trans>Rows</Trans>
        <select
          value={limit}
          onChange={({ target }) => {
            const size = pageSizes.find((one) => one === Number(target.value)) ?? 50;
            prefer({ pageSize: size });
            change({ size: String(size), cursor: null });
          }}
        >
          {pageSizes.map((size) => (
            <option key={size} value={size}>
              {size}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
