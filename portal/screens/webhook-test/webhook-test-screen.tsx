/** Sends a test event, follows its delivery on the spot, and shows how to write the receiver. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import { useAction } from '../../api/action.ts';
import { api, dataOf } from '../../api/api.ts';
import { useMay } from '../../api/caller.ts';
import { Section } from '../../app/page.tsx';
import { useSearchState } from '../../app/search.ts';
import { DeliveryStatus, useReasonText } from '../../delivery/delivery-status.tsx';
import { isSettled, readDelivery } from '../../delivery/delivery.ts';
import { Button } from '../../elements/button.tsx';
import { Field } from '../../elements/field.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { NotAllowed } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Time } from '../../elements/time.tsx';
import { WebhookPage } from '../../webhook/webhook-page.tsx';
import type { Webhook } from '../../webhook/webhook.ts';
import { useEventTypesOffered } from '../../webhook-form/event-types-offered.ts';
import { fieldErrors } from '../../webhook-form/field-errors.ts';
import styles from '../../webhook-form/webhook-form.module.css';
import { ReceiverCode } from './receiver-code.tsx';

export function Screen() {
  const { t } = useLingui();
  const maySend = useMay('tests.send');
  return (
    <WebhookPage part={t`Test`}>
      {(webhook) => (
        <>
          <Section title={t`Test event`}>{maySend ? <TestEvent webhook={webhook} /> : <NotAllowed />}</Section>
          <Section title={t`Receiver code`}>
            <ReceiverCode algorithm={webhook.signatureAlgorithm} />
          </Section>
        </>
      )}
    </WebhookPage>
  );
}

const lookEveryMs = 1_000;

function TestEvent({ webhook: { id, eventTypes } }: { readonly webhook: Webhook }) {
  const { t } = useLingui();
  const { get } = useSearchState();
  const [eventType, setEventType] = useState(() => get('type'));
  const [data, setData] = useState('');
  const [deliveryId, setDeliveryId] = useState<string | null>(null);
  const types = useEventTypesOffered();
  const example = types.find(({ type }) => type === eventType)?.example;
  const problem = jsonProblem(data);
  const send = useAction(
    (header) =>
      dataOf<{ readonly deliveryId: string }>(
        api.POST('/v1/webhooks/{id}/test-events', {
          params: { path: { id }, header },
          body: {
            ...(eventType !== '' && { eventType }),
            // Numbers of any length arrive as they were typed.
            ...(data.trim() !== '' && { data: parseLossless(data) }),
          },
        }),
      ),
    [eventType, data],
  );
  const errors = fieldErrors(send.error) as Readonly<Record<string, string | undefined>>;
  return (
    <form
      noValidate
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void send.run((answer) => {
          setDeliveryId(answer.deliveryId);
        });
      }}
    >
      <Field label={t`Event type`} hint={t`Empty: the first type that the webhook takes.`} error={errors['eventType']}>
        {(ids) => (
          <>
            <input
              {...ids}
              list={`${ids.id}-types`}
              value={eventType}
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => {
                setEventType(target.value);
              }}
            />
            <datalist id={`${ids.id}-types`}>
              {[
                ...new Set([...types.map(({ type }) => type), ...eventTypes.filter((type) => !type.includes('*'))]),
              ].map((type) => (
                <option key={type} value={type} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field label={t`Data (JSON)`} hint={t`Empty: the example of the type.`} error={errors['data'] ?? problem}>
        {(ids) => (
          <textarea
            {...ids}
            rows={6}
            value={data}
            spellCheck={false}
            className={styles.json}
            onChange={({ target }) => {
              setData(target.value);
            }}
          />
        )}
      </Field>
      {example !== undefined && example !== null && (
        <div>
          <Button
            onClick={() => {
              setData(JSON.stringify(example, null, 2));
            }}
          >
            <Trans>Take the example</Trans>
          </Button>
        </div>
      )}
      {send.error !== null && <ProblemAlert error={send.error} />}
      <div>
        <Button type="submit" look="main" isBusy={send.isBusy} disabled={problem !== undefined}>
          <Trans>Send test event</Trans>
        </Button>
      </div>
      {deliveryId !== null && <Followed id={deliveryId} />}
    </form>
  );
}

function jsonProblem(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The delivery that was just made, until it is settled. */
function Followed({ id }: { readonly id: string }) {
  const reasonText = useReasonText();
  const { data } = useQuery({
    queryKey: ['delivery', id],
    // Not found at first: it is not in the history yet.
    queryFn: ({ signal }) => readDelivery(id, signal),
    refetchInterval: ({ state }) => (state.data !== undefined && isSettled(state.data) ? false : lookEveryMs),
  });
  const last = data?.attempts.at(-1);
  const code = last?.responseCode ?? null;
  const error = last?.error ?? null;
  return (
    <div aria-live="polite" className={styles.group}>
      <p>
        {data === undefined ? (
          <Trans>It is on its way…</Trans>
        ) : (
          <>
            <DeliveryStatus status={data.status} /> {code !== null && <Trans>answered {code}</Trans>}{' '}
            {error !== null && <StrangerText text={`${error.kind}: ${error.message}`} />}{' '}
            {data.reason !== null && <StrangerText text={reasonText(data.reason)} />}{' '}
            {data.nextAttemptAt !== null && (
              <Trans>
                next attempt <Time at={data.nextAttemptAt} />
              </Trans>
            )}
          </>
        )}
      </p>
      <Link to="/deliveries/$id" params={{ id }}>
        <Trans>Open the delivery</Trans>
      </Link>
    </div>
  );
}
