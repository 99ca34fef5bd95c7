/** Around every part of one webhook's page: where it posts to, its state, and the links to the parts. */
import { useLingui } from '@lingui/react/macro';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Page } from '../app/page.tsx';
import { usePathId } from '../app/search.ts';
import { Loaded } from '../elements/states.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import { endpointParts, readWebhook, webhookKey, type Webhook } from './webhook.ts';
import { useWebhookState } from './webhook-health.ts';
import styles from './webhook-page.module.css';
import { WebhookStatus } from './webhook-state.tsx';

export function useWebhook(): UseQueryResult<Webhook> {
  const id = usePathId();
  return useQuery({ queryKey: webhookKey(id), queryFn: ({ signal }) => readWebhook(id, signal) });
}

export interface WebhookPageProps {
  /** Heading of the document's title: which part it is. */
  readonly part: string;
  /** It reads the health of the webhook itself. */
  readonly isHealthRead?: boolean;
  /** What can be done in this part. */
  readonly actions?: ReactNode;
  readonly children: (webhook: Webhook) => ReactNode;
}

export function WebhookPage({ part, isHealthRead = false, actions, children }: WebhookPageProps) {
  const { t } = useLingui();
  const id = usePathId();
  const query = useWebhook();
  const state = useWebhookState(id, query, isHealthRead);
  const host = query.data === undefined ? t`Webhook` : endpointParts(query.data.url).host;
  return (
    <Page
      title={host}
      part={part}
      beside={state === undefined ? undefined : <WebhookStatus state={state} />}
      actions={actions}
    >
      <Parts id={id} />
      <Loaded query={query} lines={10}>
        {(webhook) => (
          <>
            <p className={styles.address}>
              <StrangerText text={webhook.url} isCode />{' '}
              {webhook.description !== null && <StrangerText text={webhook.description} />}
            </p>
            {children(webhook)}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Parts({ id }: { readonly id: string }) {
  const { t } = useLingui();
  const parts = [
    ['/webhooks/$id', t`Overview`],
    ['/webhooks/$id/deliveries', t`Deliveries`],
    ['/webhooks/$id/settings', t`Settings`],
    ['/webhooks/$id/secrets', t`Secrets`],
    ['/webhooks/$id/test', t`Test`],
    ['/webhooks/$id/activity', t`Activity`],
  ] as const;
  return (
    <nav aria-label={t`Webhook`} className={styles.parts}>
      {parts.map(([to, label]) => (
        <Link
          key={to}
          to={to}
          params={{ id }}
          activeOptions={{ exact: true, includeSearch: false }}
          className={styles.part}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
