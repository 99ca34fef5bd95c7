/** What was changed at one webhook. */
import { useLingui } from '@lingui/react/macro';
import { AuditList } from '../../audit/audit-list.tsx';
import { WebhookPage } from '../../webhook/webhook-page.tsx';

export function Screen() {
  const { t } = useLingui();
  return <WebhookPage part={t`Activity`}>{({ id }) => <AuditList webhookId={id} />}</WebhookPage>;
}
