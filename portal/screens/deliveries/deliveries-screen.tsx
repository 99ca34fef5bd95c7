/** What became of events at webhooks, by every filter that the API has. */
import { useLingui } from '@lingui/react/macro';
import { Page } from '../../app/page.tsx';
import { DeliveriesList } from '../../delivery/deliveries-list.tsx';

export function Screen() {
  const { t } = useLingui();
  return (
    <Page title={t`Deliveries`}>
      <DeliveriesList webhookId={null} />
    </Page>
  );
}
