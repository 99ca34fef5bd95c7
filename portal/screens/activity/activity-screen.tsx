/** What was changed, by whom and when: the audit log of the client. */
import { useLingui } from '@lingui/react/macro';
import { Page } from '../../app/page.tsx';
import { AuditList } from '../../audit/audit-list.tsx';

export function Screen() {
  const { t } = useLingui();
  return (
    <Page title={t`Activity`}>
      <AuditList webhookId={null} />
    </Page>
  );
}
