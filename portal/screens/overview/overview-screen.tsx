/** All webhooks at a glance: how they are, how it went, what needs attention, what failed last. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '../../api/caller.ts';
import { Page } from '../../app/page.tsx';
import { ButtonLink } from '../../elements/button.tsx';
import { Empty, Loaded } from '../../elements/states.tsx';
import { readWebhooks } from '../../webhook/webhook.ts';
import { noteWebhooksAtHand, webhooksAtHandMax } from '../../webhook/webhooks-at-hand.ts';
import { AttemptsOverTime } from './attempts-over-time.tsx';
import { LastFailures } from './last-failures.tsx';
import { NeedsAttention } from './needs-attention.tsx';
import { WebhooksByState } from './webhooks-by-state.tsx';

const lookEveryMs = 15_000;

export function Screen() {
  const { t } = useLingui();
  const query = useQuery({
    queryKey: ['webhooks', 'overview'],
    queryFn: async ({ signal }) => {
      const page = await readWebhooks(
        { state: '', q: '', eventType: '' },
        { cursor: '', limit: webhooksAtHandMax },
        signal,
      );
      noteWebhooksAtHand(page);
      return page;
    },
    refetchInterval: lookEveryMs,
  });
  return (
    <Page title={t`Overview`}>
      <Loaded query={query} lines={10}>
        {({ data, nextCursor }) =>
          data.length === 0 ? (
            <FirstSteps />
          ) : (
            <>
              <WebhooksByState webhooks={data} hasMore={nextCursor !== null} />
              <NeedsAttention webhooks={data} />
              <AttemptsOverTime />
              <LastFailures />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

/** Without a webhook there is nothing to see: what to do, in order. */
function FirstSteps() {
  const mayWrite = useMay('webhooks.write');
  return (
    <Empty title={<Trans>There is no webhook yet</Trans>}>
      <ol>
        <li>
          <Trans>1. Create a webhook: where events are posted to, and which.</Trans>
        </li>
        <li>
          <Trans>2. Store its secret where your receiver finds it.</Trans>
        </li>
        <li>
          <Trans>3. Put the receiver code into your application.</Trans>
        </li>
        <li>
          <Trans>4. Send a test event and see it arrive.</Trans>
        </li>
      </ol>
      {mayWrite && (
        <ButtonLink to="/webhooks/new" look="main">
          <Trans>Create webhook</Trans>
        </ButtonLink>
      )}
    </Empty>
  );
}
