/** A new webhook: its form, then its secret, then the place to try it. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/action.ts';
import { api, dataOf } from '../../api/api.ts';
import { useCaller, useMay } from '../../api/caller.ts';
import { queryClient } from '../../api/queries.ts';
import { useSettings } from '../../api/settings.ts';
import { Page } from '../../app/page.tsx';
import { useSearchState } from '../../app/search.ts';
import { Button } from '../../elements/button.tsx';
import { Field } from '../../elements/field.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { NotAllowed } from '../../elements/states.tsx';
import { fieldErrors, type FieldErrors } from '../../webhook-form/field-errors.ts';
import { bodyOf, emptyValues, type FormValues, type NewValues } from '../../webhook-form/form-values.ts';
import { MomentField } from '../../webhook-form/moment-field.tsx';
import { SecretDialog } from '../../webhook-form/secret-dialog.tsx';
import { UnsavedWarning } from '../../webhook-form/unsaved-warning.tsx';
import { WebhookForm } from '../../webhook-form/webhook-form.tsx';
import reading from '../../style/reading.module.css';

interface Created {
  readonly id: string;
  readonly secret: string;
}

const newEmpty: NewValues = { signatureAlgorithm: 'hmac-sha256', secret: '', startFrom: '' };

export function Screen() {
  const { t } = useLingui();
  const mayWrite = useMay('webhooks.write');
  const caller = useCaller();
  return (
    <Page title={t`Create webhook`}>
      {caller !== undefined && (mayWrite ? <Creation clientId={caller.clientId} /> : <NotAllowed />)}
    </Page>
  );
}

/** @param clientId null: the operator says whose it is */
function Creation({ clientId }: { readonly clientId: string | null }) {
  const { get } = useSearchState();
  const navigate = useNavigate();
  const urls = useSettings()?.urls;
  const [begin] = useState(() => ({ values: { ...emptyValues, eventTypes: get('type') }, owner: get('client') }));
  const [values, setValues] = useState<FormValues>(begin.values);
  const [extra, setExtra] = useState(newEmpty);
  const [owner, setOwner] = useState(begin.owner);
  const [created, setCreated] = useState<Created | null>(null);
  const { signatureAlgorithm, secret, startFrom } = extra;
  const body = {
    ...bodyOf(values),
    signatureAlgorithm,
    ...(secret !== '' && { secret }),
    ...(startFrom !== '' && { startFrom }),
    ...(clientId === null && { clientId: owner }),
  };
  const create = useAction(
    (header) => dataOf<Created>(api.POST('/v1/webhooks', { params: { header }, body: body as never })),
    body,
  );
  const errors: FieldErrors = fieldErrors(create.error);
  const isTouched = isOther(values, begin.values) || isOther(extra, newEmpty) || owner !== begin.owner;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void create.run((webhook) => {
          setCreated(webhook);
          void queryClient.invalidateQueries({ queryKey: ['webhooks'] });
        });
      }}
    >
      <UnsavedWarning isUnsaved={isTouched && created === null} />
      {urls !== undefined && <AllowedUrls schemes={urls.schemes.join(', ')} ports={urls.ports.join(', ')} />}
      <WebhookForm
        values={values}
        errors={errors}
        change={(change) => {
          setValues((before) => ({ ...before, ...change }));
        }}
      >
        <NewOnly extra={extra} errors={errors} change={setExtra} />
        {clientId === null && <OwnerField owner={owner} onChange={setOwner} />}
        {create.error !== null && <ProblemAlert error={create.error} />}
        <div>
          <Button type="submit" look="main" isBusy={create.isBusy}>
            <Trans>Create webhook</Trans>
          </Button>
        </div>
      </WebhookForm>
      {created !== null && (
        <SecretDialog
          webhookId={created.id}
          secret={created.secret}
          onStored={() => {
            // With the state of this page the secret is gone, and with a replaced address the page is.
            void navigate({ to: '/webhooks/$id/test', params: { id: created.id }, replace: true });
          }}
        />
      )}
    </form>
  );
}

function isOther<Values>(values: Values, than: Values): boolean {
  return JSON.stringify(values) !== JSON.stringify(than);
}

function AllowedUrls({ schemes, ports }: { readonly schemes: string; readonly ports: string }) {
  return (
    <p className={reading.soft}>
      {ports === '*' ? (
        <Trans>Addresses may begin with {schemes}, on any port.</Trans>
      ) : (
        <Trans>
          Addresses may begin with {schemes}, on ports {ports}.
        </Trans>
      )}
    </p>
  );
}

function OwnerField({ owner, onChange }: { readonly owner: string; readonly onChange: (owner: string) => void }) {
  const { t } = useLingui();
  return (
    <Field label={t`Client`}>
      {(ids) => (
        <input
          {...ids}
          value={owner}
          onChange={({ target }) => {
            onChange(target.value);
          }}
        />
      )}
    </Field>
  );
}

interface NewOnlyProps {
  readonly extra: NewValues;
  readonly errors: FieldErrors;
  readonly change: (extra: NewValues) => void;
}

function NewOnly({ extra, errors, change }: NewOnlyProps) {
  const { t } = useLingui();
  return (
    <>
      <Field label={t`Signature algorithm`} hint={t`It cannot be changed later.`} error={errors.signatureAlgorithm}>
        {(ids) => (
          <select
            {...ids}
            value={extra.signatureAlgorithm}
            onChange={({ target }) => {
              change({ ...extra, signatureAlgorithm: target.value as NewValues['signatureAlgorithm'] });
            }}
          >
            <option value="hmac-sha256">HMAC-SHA256</option>
            <option value="ed25519">ed25519</option>
          </select>
        )}
      </Field>
      <details>
        <summary>
          <Trans>Start in the past</Trans>
        </summary>
        <MomentField
          label={t`Start from`}
          hint={t`It gets the events of this time or later first, and then what comes. Empty: only what comes.`}
          error={errors.startFrom}
          value={extra.startFrom}
          onChange={(from) => {
            change({ ...extra, startFrom: from });
          }}
        />
      </details>
      <details>
        <summary>
          <Trans>Use a secret of your own</Trans>
        </summary>
        <Field label={t`Own secret`} hint={t`Empty: a random one is made and shown once.`} error={errors.secret}>
          {(ids) => (
            <input
              {...ids}
              type="password"
              autoComplete="off"
              value={extra.secret}
              onChange={({ target }) => {
                change({ ...extra, secret: target.value });
              }}
            />
          )}
        </Field>
      </details>
    </>
  );
}
