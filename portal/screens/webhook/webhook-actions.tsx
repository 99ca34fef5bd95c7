/** What can be done with a webhook: try it, switch it, give it a new secret, delete it. Each says first what follows. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, dataOf } from '../../api/api.ts';
import { useMay } from '../../api/caller.ts';
import { queryClient } from '../../api/queries.ts';
import { useAction } from '../../api/action.ts';
import { Button, ButtonLink } from '../../elements/button.tsx';
import { Confirmation } from '../../elements/dialog.tsx';
import { Field } from '../../elements/field.tsx';
import { tell } from '../../elements/notices.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { healthKey } from '../../webhook/webhook-health.ts';
import { endpointParts, webhookKey } from '../../webhook/webhook.ts';
import type { HealthProps } from './health-section.tsx';
import { PingButton } from './ping-button.tsx';
import { PauseDialog, ResumeButton } from './pause-actions.tsx';
import { VerifyButton } from './verify-button.tsx';
import { RewindDialog, RewindNote } from './rewind-actions.tsx';
import reading from '../../style/reading.module.css';

async function readAgain(id: string): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: webhookKey(id) }),
    queryClient.invalidateQueries({ queryKey: healthKey(id) }),
    queryClient.invalidateQueries({ queryKey: ['webhooks'] }),
  ]);
}

export function WebhookActions({ webhook, health }: HealthProps) {
  const { id, isActive, isVerificationPending } = webhook;
  const isUnverified = health.state === 'unverified';
  const mayTest = useMay('tests.send');
  const mayWrite = useMay('webhooks.write');
  const mayRotate = useMay('secrets.rotate');
  const mayDelete = useMay('webhooks.delete');
  const mayReplay = useMay('replays.write');
  const navigate = useNavigate();
  const [asked, setAsked] = useState<'pause' | 'rewind' | 'disable' | 'delete' | null>(null);
  const close = () => {
    setAsked(null);
  };
  return (
    <>
      <div className={reading.actions}>
        {mayTest && isUnverified && <VerifyButton id={id} readAgain={readAgain} />}
        {mayTest && !isVerificationPending && <PingButton id={id} />}
        {mayTest && !isVerificationPending && (
          <Button
            onClick={() => {
              void navigate({ to: '/webhooks/$id/test', params: { id } });
            }}
          >
            <Trans>Send test event</Trans>
          </Button>
        )}
        {mayRotate && (
          <Button
            onClick={() => {
              void navigate({ to: '/webhooks/$id/secrets', params: { id } });
            }}
          >
            <Trans>Rotate secret</Trans>
          </Button>
        )}
        {mayWrite && health.state === 'paused' && <ResumeButton id={id} readAgain={readAgain} />}
        {mayWrite && isActive && health.state !== 'paused' && (
          <Button
            onClick={() => {
              setAsked('pause');
            }}
          >
            <Trans>Pause</Trans>
          </Button>
        )}
        {mayReplay && isActive && webhook.rewind === null && (
          <Button
            onClick={() => {
              setAsked('rewind');
            }}
          >
            <Trans>Rewind</Trans>
          </Button>
        )}
        {mayWrite && (isActive || isUnverified) && (
          <Button
            onClick={() => {
              setAsked('disable');
            }}
          >
            <Trans>Disable</Trans>
          </Button>
        )}
        {mayWrite && !isActive && !isUnverified && <EnableButton id={id} />}
        {mayReplay && !isActive && (
          <ButtonLink to="/replays/new" search={{ webhook: id, missed: 'true' }}>
            <Trans>Send again what was missed</Trans>
          </ButtonLink>
        )}
        {mayDelete && (
          <Button
            look="danger"
            onClick={() => {
              setAsked('delete');
            }}
          >
            <Trans>Delete webhook</Trans>
          </Button>
        )}
      </div>
      <RewindNote rewind={webhook.rewind} />
      {asked === 'rewind' && <RewindDialog id={id} readAgain={readAgain} onClose={close} />}
      {asked === 'pause' && <PauseDialog id={id} readAgain={readAgain} onClose={close} />}
      {asked === 'disable' && <DisableDialog webhook={webhook} health={health} onClose={close} />}
      {asked === 'delete' && <DeleteDialog webhook={webhook} health={health} onClose={close} />}
    </>
  );
}

function EnableButton({ id }: { readonly id: string }) {
  const { t } = useLingui();
  const enable = useAction((header) =>
    dataOf(api.POST('/v1/webhooks/{id}/enable', { params: { path: { id }, header } })),
  );
  return (
    <>
      <Button
        look="main"
        isBusy={enable.isBusy}
        onClick={() => {
          void enable.run(async () => {
            tell(t`The webhook is enabled`);
            await readAgain(id);
          });
        }}
      >
        <Trans>Enable</Trans>
      </Button>
      {enable.error !== null && <ProblemAlert error={enable.error} />}
    </>
  );
}

interface DialogOfWebhookProps extends HealthProps {
  readonly onClose: () => void;
}

function DisableDialog({ webhook: { id }, health, onClose }: DialogOfWebhookProps) {
  const { t } = useLingui();
  const disable = useAction((header) =>
    dataOf(api.POST('/v1/webhooks/{id}/disable', { params: { path: { id }, header } })),
  );
  return (
    <Confirmation
      title={<Trans>Disable webhook?</Trans>}
      actionLabel={<Trans>Disable</Trans>}
      look="danger"
      isBusy={disable.isBusy}
      error={disable.error}
      onCancel={onClose}
      onConfirm={() => {
        void disable.run(async () => {
          tell(t`The webhook is disabled`);
          await readAgain(id);
          onClose();
        });
      }}
    >
      <p>
        <Trans>Nothing is sent to it until it is enabled again.</Trans>
      </p>
      <Waiting count={health.waiting.count} />
      <p>
        <Trans>What is missed meanwhile can be sent again by a replay.</Trans>
      </p>
    </Confirmation>
  );
}

function DeleteDialog({ webhook: { id, url }, health, onClose }: DialogOfWebhookProps) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const { host } = endpointParts(url);
  const remove = useAction(() => dataOf(api.DELETE('/v1/webhooks/{id}', { params: { path: { id } } })));
  return (
    <Confirmation
      title={<Trans>Delete webhook?</Trans>}
      actionLabel={<Trans>Delete webhook</Trans>}
      look="danger"
      isBusy={remove.isBusy}
      error={remove.error}
      isReady={typed.trim() === host}
      onCancel={onClose}
      onConfirm={() => {
        void remove.run(async () => {
          tell(t`The webhook is deleted`);
          await navigate({ to: '/webhooks' });
          await queryClient.invalidateQueries({ queryKey: ['webhooks'] });
        });
      }}
    >
      <p>
        <Trans>It is gone for good, and so are its secrets. Its history stays as long as any.</Trans>
      </p>
      <Waiting count={health.waiting.count} />
      <p>
        <Trans>
          Type <StrangerText text={host} isCode /> to delete it.
        </Trans>
      </p>
      <Field label={t`Host of the webhook`}>
        {(ids) => (
          <input
            {...ids}
            type="text"
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={({ target }) => {
              setTyped(target.value);
            }}
          />
        )}
      </Field>
    </Confirmation>
  );
}

/** What becomes of it, in numbers. */
function Waiting({ count }: { readonly count: number }) {
  return (
    <p>
      <Plural
        value={count}
        _0="Nothing waits for it now."
        one="# delivery that waits is not sent: it ends as failed."
        other="# deliveries that wait are not sent: they end as failed."
      />
    </p>
  );
}
