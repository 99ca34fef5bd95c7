/** All webhooks at a glance: how they are, how it went, what needs attention, what failed last. */
import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Page } from '../../app/page.tsx';
import { Loaded } from '../../elements/states.tsx';
import { readWebhooks, type Webhook } from '../../webhook/webhook.ts';
import { noteWebhooksAtHand, webhooksAtHandMax } from '../../webhook/webhooks-at-hand.ts';
import { AttemptsOverTime } from './attempts-over-time.tsx';
import { FirstSteps, useArrivals } from './first-steps.tsx';
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
        {({ data, nextCursor }) => <Present webhooks={data} hasMore={nextCursor !== null} />}
      </Loaded>
    </Page>
  );
}

interface PresentProps {
  readonly webhooks: readonly Webhook[];
  readonly hasMore: boolean;
}

/** Until the first event has come through the way there is shown in place of what came. */
function Present({ webhooks, hasMore }: PresentProps) {
  const arrived = useArrivals(webhooks);
  const isBeginning = arrived !== null && !arrived.has('event');
  if (webhooks.length === 0) return <FirstSteps webhooks={webhooks} arrived={arrived ?? new Set()} />;
  return (
    <>
      {isBeginning && <FirstSteps webhooks={webhooks} arrived={arrived} />}
      <WebhooksByState webhooks={webhooks} hasMore={hasMore} />
      <NeedsAttention webhooks={webhooks} />
      {!isBeginning && <AttemptsOverTime />}
      <LastFailures />
    </>
  );
}
