/** Which secrets sign, and a new one beside them. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/action.ts';
import { api, dataOf, type Answer } from '../../api/api.ts';
import { useMay } from '../../api/caller.ts';
import { queryClient } from '../../api/queries.ts';
import { Section } from '../../app/page.tsx';
import { Button } from '../../elements/button.tsx';
import { DataTable } from '../../elements/data-table.tsx';
import { Confirmation } from '../../elements/dialog.tsx';
import { Field } from '../../elements/field.tsx';
import { Loaded, NotAllowed } from '../../elements/states.tsx';
import { Time } from '../../elements/time.tsx';
import { SecretDialog } from '../../webhook-form/secret-dialog.tsx';
import { WebhookPage } from '../../webhook/webhook-page.tsx';
import styles from '../../webhook-form/webhook-form.module.css';

const overlapHoursUsual = '24';

export function Screen() {
  const { t } = useLingui();
  const mayRotate = useMay('secrets.rotate');
  return (
    <WebhookPage part={t`Secrets`}>
      {({ id }) => (
        <>
          <LiveSecrets id={id} />
          {mayRotate ? <Rotation id={id} /> : <NotAllowed />}
        </>
      )}
    </WebhookPage>
  );
}

function secretsKey(id: string): readonly string[] {
  return ['secrets', id];
}

function LiveSecrets({ id }: { readonly id: string }) {
  const { t } = useLingui();
  const query = useQuery({
    queryKey: secretsKey(id),
    queryFn: ({ signal }) =>
      dataOf<Answer<'/v1/webhooks/{id}/secrets'>>(
        api.GET('/v1/webhooks/{id}/secrets', { params: { path: { id } }, signal }),
      ),
  });
  return (
    <Section title={t`Secrets that sign`}>
      <Loaded query={query} lines={2}>
        {({ data }) => (
          <DataTable
            label={t`Secrets`}
            rows={data}
            keyOf={({ id: secretId }) => secretId}
            columns={[
              { id: 'id', head: t`ID`, cell: ({ id: secretId }) => <code>{secretId}</code> },
              { id: 'since', head: t`Since`, cell: ({ createdAt }) => <Time at={createdAt} /> },
              {
                id: 'until',
                head: t`Until`,
                cell: ({ expiresAt }) => (expiresAt === null ? <Trans>without an end</Trans> : <Time at={expiresAt} />),
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}

function Rotation({ id }: { readonly id: string }) {
  const { t } = useLingui();
  const [overlap, setOverlap] = useState<string>(overlapHoursUsual);
  const [isAsked, setAsked] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const hours = Number(overlap);
  const body = { overlapHours: hours };
  const rotate = useAction(
    (header) =>
      dataOf<{ readonly secret: string }>(
        api.POST('/v1/webhooks/{id}/secret/rotate', { params: { path: { id }, header }, body }),
      ),
    body,
  );
  return (
    <Section title={t`A new secret`}>
      <p>
        <Trans>
          The new secret signs at once. Until the overlap ends, each request is signed with the old one too, so that
          your receiver can be changed meanwhile. A receiver accepts a request when one of its signatures fits.
        </Trans>
      </p>
      <div className={styles.form}>
        <Field label={t`Overlap in hours`} hint={t`0 ends the old ones at once: for a secret that leaked.`}>
          {(ids) => (
            <input
              {...ids}
              type="text"
              inputMode="numeric"
              value={overlap}
              onChange={({ target }) => {
                setOverlap(target.value);
              }}
            />
          )}
        </Field>
        <div>
          <Button
            look="main"
            disabled={!Number.isFinite(hours) || hours < 0}
            onClick={() => {
              setAsked(true);
            }}
          >
            <Trans>Rotate secret</Trans>
          </Button>
        </div>
      </div>
      {isAsked && (
        <Confirmation
          title={<Trans>Rotate secret?</Trans>}
          actionLabel={<Trans>Make a new secret</Trans>}
          isBusy={rotate.isBusy}
          error={rotate.error}
          onConfirm={() => {
            void rotate.run(async (answer) => {
              setAsked(false);
              setSecret(answer.secret);
              await queryClient.invalidateQueries({ queryKey: secretsKey(id) });
            });
          }}
          onCancel={() => {
            setAsked(false);
          }}
        >
          {hours === 0 ? (
            <Trans>The old secret stops at once. Requests fail to verify until your receiver has the new one.</Trans>
          ) : (
            <Plural
              value={hours}
              one="Both sign for # hour. Store the new one in your receiver by then."
              other="Both sign for # hours. Store the new one in your receiver by then."
            />
          )}
        </Confirmation>
      )}
      {secret !== null && (
        <SecretDialog
          webhookId={id}
          secret={secret}
          onStored={() => {
            setSecret(null);
          }}
        />
      )}
    </Section>
  );
}
