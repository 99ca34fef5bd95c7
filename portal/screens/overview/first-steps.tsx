/** From nothing to the first event: what to do, in order. Each step is ticked by what the system has seen, by nobody's hand. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Circle, CircleCheckBig } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '../../api/caller.ts';
import { Section } from '../../app/page.tsx';
import { readDeliveries } from '../../delivery/delivery.ts';
import { ButtonLink } from '../../elements/button.tsx';
import { useNow } from '../../elements/clock.ts';
import { Unseen } from '../../elements/unseen.tsx';
import type { Webhook } from '../../webhook/webhook.ts';
import styles from './overview-screen.module.css';

/** Whoever has more webhooks, or had them for longer, knows the way. */
const webhooksMax = 3;
const youngMs = 7 * 86_400_000;
/** Tests and pings are among them. */
const limit = 20;
const lookEveryMs = 15_000;

/** What came through so far, of all webhooks; null: nobody asks, or it is not known yet. */
export function useArrivals(webhooks: readonly Webhook[]): ReadonlySet<string> | null {
  const now = useNow();
  const isBeginning =
    webhooks.length <= webhooksMax && webhooks.every(({ createdAt }) => now - Date.parse(createdAt) < youngMs);
  const isAnswered = webhooks.some(({ health }) => health?.lastSuccessAt != null);
  const { data } = useQuery({
    queryKey: ['deliveries', 'first-steps'],
    queryFn: ({ signal }) => readDeliveries({ status: 'delivered', limit }, signal),
    refetchInterval: lookEveryMs,
    enabled: isBeginning && isAnswered,
  });
  if (!isBeginning) return null;
  if (!isAnswered) return new Set();
  return data === undefined ? null : new Set(data.data.map(({ kind }) => kind));
}

export interface FirstStepsProps {
  readonly webhooks: readonly Webhook[];
  /** Kinds of deliveries that came through. */
  readonly arrived: ReadonlySet<string>;
}

export function FirstSteps({ webhooks, arrived }: FirstStepsProps) {
  const { t } = useLingui();
  const mayWrite = useMay('webhooks.write');
  const first = webhooks.at(-1);
  return (
    <Section title={t`First steps`}>
      <ol className={styles.steps}>
        <Step isDone={first !== undefined}>
          <Trans>Create a webhook: where events are posted to, and which.</Trans>
        </Step>
        {/* Its dialog is left only by saying so. */}
        <Step isDone={first !== undefined}>
          <Trans>Store its secret where your receiver finds it.</Trans>
        </Step>
        <Step isDone={arrived.size > 0}>
          <Linked id={first?.id} to="/webhooks/$id/test">
            <Trans>Put the receiver code into your application.</Trans>
          </Linked>
        </Step>
        <Step isDone={arrived.has('test')}>
          <Linked id={first?.id} to="/webhooks/$id/test">
            <Trans>Send a test event and see it arrive.</Trans>
          </Linked>
        </Step>
        <Step isDone={arrived.has('event')}>
          <Linked id={first?.id} to="/webhooks/$id/deliveries">
            <Trans>The first event arrives.</Trans>
          </Linked>
        </Step>
      </ol>
      {mayWrite && first === undefined && (
        <div>
          <ButtonLink to="/webhooks/new" look="main">
            <Trans>Create webhook</Trans>
          </ButtonLink>
        </div>
      )}
    </Section>
  );
}

function Step({ isDone, children }: { readonly isDone: boolean; readonly children: ReactNode }) {
  const Icon = isDone ? CircleCheckBig : Circle;
  return (
    <li className={styles.step} data-done={isDone}>
      <Icon size={20} aria-hidden />
      <span>{children}</span>
      <Unseen>{isDone ? <Trans>Done</Trans> : <Trans>Not done yet</Trans>}</Unseen>
    </li>
  );
}

interface LinkedProps {
  /** Undefined: there is nothing to link to yet. */
  readonly id: string | undefined;
  readonly to: '/webhooks/$id/test' | '/webhooks/$id/deliveries';
  readonly children: ReactNode;
}

function Linked({ id, to, children }: LinkedProps) {
  if (id === undefined) return children;
  return (
    <Link to={to} params={{ id }}>
      {children}
    </Link>
  );
}
