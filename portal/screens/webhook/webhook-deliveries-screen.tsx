/** The deliveries of one webhook: the list of all, with one filter less. */
import { useLingui } from '@lingui/react/macro';
import { DeliveriesList } from '../../delivery/deliveries-list.tsx';
import { WebhookPage } from '../../webhook/webhook-page.tsx';

export function Screen() {
  const { t } = useLingui();
  return <WebhookPage part={t`Deliveries`}>{({ id }) => <DeliveriesList webhookId={id} />}</WebhookPage>;
}
