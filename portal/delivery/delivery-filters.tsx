/** The filters above a list of deliveries. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useSearchState } from '../app/search.ts';
import { Button } from '../elements/button.tsx';
import { FilterBar, SelectFilter, TextFilter } from '../elements/filter-bar.tsx';
import { MomentFilter } from '../elements/moment-filter.tsx';
import { visibleText } from '../elements/visible-text.ts';
import { useWebhookUrls } from '../webhook/webhooks-at-hand.ts';
import styles from './deliveries-list.module.css';
import { useDeliveryStatusNames } from './delivery-status.tsx';
import type { DeliveryFilterName } from './delivery.ts';

const hourMs = 3_600_000;
const reasons = ['exhausted', 'expired', 'disabled', 'deleted', 'http', 'refused_address', 'payload_too_large'];
const codes = ['2xx', '3xx', '4xx', '5xx', 'none'];

export function DeliveryFilters({ names }: { readonly names: readonly DeliveryFilterName[] }) {
  const { t } = useLingui();
  const statusNames = useDeliveryStatusNames();
  const urls = useWebhookUrls(names.includes('webhook'));
  return (
    <>
      <FilterBar names={names}>
        <SelectFilter name="status" label={t`Status`} options={Object.entries(statusNames)} />
        <TextFilter name="type" label={t`Event type`} />
        {names.includes('webhook') && (
          <SelectFilter
            name="webhook"
            label={t`Webhook`}
            options={[...urls].map(([id, url]) => [id, visibleText(url)] as const)}
          />
        )}
        <TextFilter name="reason" label={t`Reason`} suggestions={reasons} />
        <TextFilter name="code" label={t`Response code`} placeholder="404, 5xx, none" suggestions={codes} />
        <TextFilter name="event" label={t`Event ID`} />
        <MomentFilter name="from" label={t`From`} hint={t`time of the event`} />
        <MomentFilter name="to" label={t`To`} hint={t`time of the event`} />
      </FilterBar>
      <QuickRanges />
    </>
  );
}

function QuickRanges() {
  const { t } = useLingui();
  const { change } = useSearchState();
  const range = (hours: number, label: string) => (
    <Button
      look="quiet"
      onClick={() => {
        change({ from: new Date(Date.now() - hours * hourMs).toISOString(), to: null, cursor: null });
      }}
    >
      {label}
    </Button>
  );
  return (
    <div role="group" aria-label={t`Time of the event`} className={styles.actions}>
      <span>
        <Trans>Events of the last</Trans>
      </span>
      {range(1, t`hour`)}
      {range(24, t`24 hours`)}
      {range(7 * 24, t`7 days`)}
    </div>
  );
}
