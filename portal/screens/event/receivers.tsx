/** One row for each webhook: what was decided when the event came, and what that webhook would say of it as it is now. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { parseFilter, type FilterEvent } from '../../../libs/domain/filter/filter.ts';
import { patternMatches } from '../../../libs/domain/delivery/match.ts';
import { DataTable, type Column } from '../../elements/data-table.tsx';
import type { Tone } from '../../elements/badge.tsx';
import { Empty, Loaded } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import type { ReadEvent } from '../../events/event.ts';
import { Endpoint } from '../../webhook/endpoint.tsx';
import type { Webhook } from '../../webhook/webhook.ts';
import { useWebhooksAtHand, webhooksAtHandMax } from '../../webhook/webhooks-at-hand.ts';
import reading from '../../style/reading.module.css';

type Decision = ReadEvent['event']['decisions'][number]['decision'] | 'notSubscribed';

interface Receiver {
  readonly webhookId: string;
  readonly decision: Decision;
  readonly deliveryId: string | null;
  /** Null: it was deleted since, or is not among those that were read. */
  readonly webhook: Webhook | null;
}

const tones: Readonly<Record<Decision, Tone>> = {
  matched: 'good',
  filtered: 'calm',
  copy: 'calm',
  held: 'calm',
  disabled: 'bad',
  notSubscribed: 'calm',
};
const order: readonly Decision[] = ['matched', 'held', 'copy', 'disabled', 'filtered', 'notSubscribed'];

export function Receivers({ read }: { readonly read: ReadEvent }) {
  const { t } = useLingui();
  const query = useWebhooksAtHand();
  const columns = useColumns(read);
  return (
    <Loaded query={query} lines={4}>
      {({ data, nextCursor }) => {
        const receivers = receiversOf(read, data);
        if (receivers.length === 0) return <Empty title={<Trans>There is no webhook that could get it</Trans>} />;
        return (
          <>
            <DataTable label={t`Decisions`} rows={receivers} keyOf={({ webhookId }) => webhookId} columns={columns} />
            {nextCursor !== null && (
              <p className={reading.soft}>
                <Trans>Of webhooks that are not subscribed, the newest {webhooksAtHandMax} are shown.</Trans>
              </p>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function receiversOf({ event: { decisions, kind } }: ReadEvent, webhooks: readonly Webhook[]): readonly Receiver[] {
  const byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]));
  const decided = new Set(decisions.map(({ webhookId }) => webhookId));
  const asked: readonly Receiver[] = decisions.map((decision) => ({
    ...decision,
    webhook: byId.get(decision.webhookId) ?? null,
  }));
  // A test event is for one webhook, whatever the others take.
  const others: readonly Receiver[] =
    kind === 'test'
      ? []
      : webhooks
          .filter(({ id }) => !decided.has(id))
          .map((webhook) => ({ webhookId: webhook.id, decision: 'notSubscribed', deliveryId: null, webhook }));
  return [...asked, ...others].sort((a, b) => order.indexOf(a.decision) - order.indexOf(b.decision));
}

function useColumns(read: ReadEvent): readonly Column<Receiver>[] {
  const { t } = useLingui();
  const names: Readonly<Record<Decision, string>> = {
    matched: t`Sent`,
    filtered: t`Filtered`,
    copy: t`Copy of it`,
    held: t`Waits`,
    disabled: t`Disabled`,
    notSubscribed: t`Not subscribed`,
  };
  return [
    {
      id: 'decision',
      head: t`Decision`,
      toneOf: ({ decision }) => tones[decision],
      cell: ({ decision }) => names[decision],
    },
    {
      id: 'webhook',
      head: t`Webhook`,
      cell: ({ webhookId, webhook }) => (
        <Link to="/webhooks/$id" params={{ id: webhookId }}>
          {webhook === null ? <code>{webhookId}</code> : <Endpoint url={webhook.url} />}
        </Link>
      ),
    },
    { id: 'why', head: t`Why`, cell: (receiver) => <Why read={read} receiver={receiver} /> },
  ];
}

function Why({ read, receiver }: { readonly read: ReadEvent; readonly receiver: Receiver }) {
  const { decision, deliveryId, webhook } = receiver;
  switch (decision) {
    case 'matched':
      return deliveryId === null ? (
        <Trans>It was sent.</Trans>
      ) : (
        <Link to="/deliveries/$id" params={{ id: deliveryId }}>
          <Trans>Its delivery</Trans>
        </Link>
      );
    case 'disabled':
      return <Trans>The webhook was disabled when the event came. A replay can bring it.</Trans>;
    case 'held':
      return <Trans>The webhook is being rewound: this event comes once the earlier ones are on their way.</Trans>;
    case 'copy':
      return <Trans>The same event was sent to it a short while before: this was a copy.</Trans>;
    case 'filtered':
      return <WhyFiltered read={read} webhook={webhook} />;
    case 'notSubscribed':
      return <WhyNotSubscribed read={read} webhook={webhook} />;
  }
}

function WhyFiltered({ read, webhook }: { readonly read: ReadEvent; readonly webhook: Webhook | null }) {
  if (webhook === null) return <Trans>Its filter did not want it. The webhook is not there any more.</Trans>;
  if (read.dataText === null) return <Trans>Its filter did not want it.</Trans>;
  const parsed = parseFilter(webhook.filter ?? {});
  const event: FilterEvent = { ...read.event, data: read.data };
  if (!parsed.ok || parsed.matches(event)) {
    return <Trans>Its filter did not want it then. As it is now, it would: it was changed since.</Trans>;
  }
  const failed = parsed.explain(event).find(({ holds }) => !holds);
  if (failed === undefined) return <Trans>Its filter did not want it.</Trans>;
  const expected = `${failed.operator} ${JSON.stringify(failed.expected)}`;
  const found = failed.found.map((value) => JSON.stringify(value)).join(', ');
  return (
    <>
      <StrangerText text={failed.field} isCode /> <StrangerText text={expected} isCode />:{' '}
      {found === '' ? (
        <Trans>the event has no such field</Trans>
      ) : (
        <Trans>
          the event has <StrangerText text={found} isCode />
        </Trans>
      )}{' '}
      <span className={reading.soft}>
        <Trans>(as the webhook is now)</Trans>
      </span>
    </>
  );
}

function WhyNotSubscribed({ read, webhook }: { readonly read: ReadEvent; readonly webhook: Webhook | null }) {
  if (webhook === null) return null;
  const types = webhook.eventTypes.join(', ');
  if (webhook.eventTypes.some((pattern) => patternMatches(pattern, read.event.type))) {
    return <Trans>It takes this type now, and did not when the event came.</Trans>;
  }
  return (
    <Trans>
      It takes <StrangerText text={types} isCode />
    </Trans>
  );
}
