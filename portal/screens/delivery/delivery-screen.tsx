/** One delivery: where it stands, what was tried, what was sent, and why. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../api/caller.ts';
import { Page } from '../../app/page.tsx';
import { usePathId } from '../../app/search.ts';
import { curlCommand } from '../../delivery/curl-command.ts';
import { DeliveryStatus } from '../../delivery/delivery-status.tsx';
import { isSettled, readDelivery, type DeliveryDetail } from '../../delivery/delivery.ts';
import { ResendDialog } from '../../delivery/resend-dialog.tsx';
import { neighboursOf } from '../../delivery/seen-list.ts';
import { signAgain } from '../../delivery/sign-again.ts';
import { Button, ButtonLink } from '../../elements/button.tsx';
import { CopyButton } from '../../elements/copy-button.tsx';
import { Loaded } from '../../elements/states.tsx';
import { Tabs } from '../../elements/tabs.tsx';
import { readWebhook, webhookKey } from '../../webhook/webhook.ts';
import { AttemptList } from './attempt-list.tsx';
import reading from '../../style/reading.module.css';
import { DeliveryFacts } from './delivery-facts.tsx';
import { PayloadView } from './payload-view.tsx';
import { SignatureView } from './signature-view.tsx';
import { TimeLine } from './time-line.tsx';
import { WhyView } from './why-view.tsx';

/** While something is to come it is looked for this often. */
const lookEveryMs = 3_000;

export function Screen() {
  const { t } = useLingui();
  const id = usePathId();
  const query = useQuery({
    queryKey: ['delivery', id],
    queryFn: ({ signal }) => readDelivery(id, signal),
    refetchInterval: ({ state }) => (state.data === undefined || isSettled(state.data) ? false : lookEveryMs),
  });
  const status = query.data?.status;
  return (
    <Page
      title={t`Delivery`}
      beside={status === undefined ? undefined : <DeliveryStatus status={status} />}
      actions={<Neighbours id={id} />}
    >
      <Loaded query={query} lines={14}>
        {(delivery) => <Shown delivery={delivery} />}
      </Loaded>
    </Page>
  );
}

function Shown({ delivery }: { readonly delivery: DeliveryDetail }) {
  const { t } = useLingui();
  const mayResend = useMay('deliveries.resend');
  const [isResending, setResending] = useState(false);
  // In this page's memory alone, and gone with it.
  const [secret, setSecret] = useState('');
  const { id, webhookId, payloadSent } = delivery;
  const webhook = useQuery({
    queryKey: webhookKey(webhookId),
    queryFn: ({ signal }) => readWebhook(webhookId, signal),
    retry: false,
  }).data;
  const last = delivery.attempts.at(-1);
  const asCurl = async () => {
    const signed = secret === '' ? {} : await signAgain(id, payloadSent ?? '', secret, Math.floor(Date.now() / 1000));
    const headers = { ...last?.requestHeaders, ...signed };
    return curlCommand({ url: webhook?.url ?? 'https://', headers, body: payloadSent ?? '' });
  };
  return (
    <>
      <DeliveryFacts delivery={delivery} webhook={webhook} />
      <div className={reading.actions}>
        {mayResend && (
          <Button
            look="main"
            onClick={() => {
              setResending(true);
            }}
          >
            <Trans>Resend</Trans>
          </Button>
        )}
        {payloadSent !== null && (
          <CopyButton text={asCurl}>
            <Trans>Copy as cURL</Trans>
          </CopyButton>
        )}
        <CopyButton text={() => new URL(`deliveries/${encodeURIComponent(id)}`, document.baseURI).href}>
          <Trans>Copy link</Trans>
        </CopyButton>
      </div>
      <TimeLine delivery={delivery} />
      <Tabs
        label={t`Delivery`}
        tabs={[
          { name: 'payload', label: t`Payload`, content: () => <PayloadView delivery={delivery} /> },
          { name: 'attempts', label: t`Attempts`, content: () => <AttemptList delivery={delivery} /> },
          {
            name: 'signature',
            label: t`Signature`,
            content: () => <SignatureView delivery={delivery} secret={secret} onSecret={setSecret} />,
          },
          { name: 'why', label: t`Why`, content: () => <WhyView delivery={delivery} webhook={webhook} /> },
        ]}
      />
      {isResending && (
        <ResendDialog
          ids={[id]}
          onClose={() => {
            setResending(false);
          }}
        />
      )}
    </>
  );
}

/** Of the list that one came from. */
function Neighbours({ id }: { readonly id: string }) {
  const { newer, older } = neighboursOf(id);
  return (
    <>
      {newer !== null && (
        <ButtonLink to="/deliveries/$id" params={{ id: newer }}>
          <Trans>Newer delivery</Trans>
        </ButtonLink>
      )}
      {older !== null && (
        <ButtonLink to="/deliveries/$id" params={{ id: older }}>
          <Trans>Older delivery</Trans>
        </ButtonLink>
      )}
      <Link to="/deliveries">
        <Trans>All deliveries</Trans>
      </Link>
    </>
  );
}
