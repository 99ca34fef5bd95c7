/** Changes of a webhook: only what differs is sent, and only onto the version that was read. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { ApiProblem } from '../../../libs/api-client/api-problem.ts';
import { useAction } from '../../api/action.ts';
import { api, dataOf } from '../../api/api.ts';
import { useMay } from '../../api/caller.ts';
import { queryClient } from '../../api/queries.ts';
import { Button } from '../../elements/button.tsx';
import { tell } from '../../elements/notices.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { NotAllowed } from '../../elements/states.tsx';
import { fieldErrors } from '../../webhook-form/field-errors.ts';
import { patchOf, valuesOf, type FormValues } from '../../webhook-form/form-values.ts';
import { UnsavedWarning } from '../../webhook-form/unsaved-warning.tsx';
import { WebhookForm } from '../../webhook-form/webhook-form.tsx';
import { WebhookPage } from '../../webhook/webhook-page.tsx';
import { readWebhook, webhookKey, webhookOf, type Webhook } from '../../webhook/webhook.ts';
import { ConflictDialog } from './conflict-dialog.tsx';

export function Screen() {
  const { t } = useLingui();
  const mayWrite = useMay('webhooks.write');
  return (
    <WebhookPage part={t`Settings`}>
      {(webhook) => (mayWrite ? <Changes key={webhook.id} webhook={webhook} /> : <NotAllowed />)}
    </WebhookPage>
  );
}

function Changes({ webhook: read }: { readonly webhook: Webhook }) {
  const { t } = useLingui();
  // What was read first stays the base: what others change meanwhile is told, not taken over in silence.
  const [base, setBase] = useState(read);
  const [values, setValues] = useState<FormValues>(() => valuesOf(read));
  const [theirs, setTheirs] = useState<Webhook | null>(null);
  const patch = patchOf(valuesOf(base), values);
  const isChanged = Object.keys(patch).length > 0;
  const save = useAction(async () =>
    webhookOf(
      await dataOf<string>(
        api.PATCH('/v1/webhooks/{id}', {
          params: { path: { id: base.id } },
          headers: { 'if-match': `"${base.version}"` },
          body: patch as never,
          parseAs: 'text',
        }),
      ),
    ),
  );
  const compare = useAction(() => readWebhook(base.id));
  const takeOver = (webhook: Webhook, next: FormValues) => {
    setBase(webhook);
    setValues(next);
    setTheirs(null);
    save.forget();
  };
  const isConflict = save.error instanceof ApiProblem && save.error.status === 412;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save.run(async (webhook) => {
          takeOver(webhook, valuesOf(webhook));
          await Promise.all([
            queryClient.invalidateQueries({ queryKey: webhookKey(webhook.id) }),
            queryClient.invalidateQueries({ queryKey: ['webhooks'] }),
          ]);
          tell(t`Saved`);
        });
      }}
    >
      <UnsavedWarning isUnsaved={isChanged} />
      <WebhookForm
        values={values}
        errors={fieldErrors(save.error)}
        change={(change) => {
          setValues((before) => ({ ...before, ...change }));
        }}
      >
        {save.error !== null && <ProblemAlert error={save.error} />}
        {isConflict && (
          <Button
            isBusy={compare.isBusy}
            onClick={() => {
              void compare.run(setTheirs);
            }}
          >
            <Trans>Compare both changes</Trans>
          </Button>
        )}
        {isConflict && compare.error !== null && <ProblemAlert error={compare.error} />}
        <div>
          <Button type="submit" look="main" isBusy={save.isBusy} disabled={!isChanged}>
            <Trans>Save changes</Trans>
          </Button>
        </div>
      </WebhookForm>
      {theirs !== null && (
        <ConflictDialog
          base={base}
          theirs={theirs}
          mine={patch}
          onKeepMine={() => {
            // My changes, now onto their version.
            takeOver(theirs, { ...valuesOf(theirs), ...changed(valuesOf(base), values) });
          }}
          onTakeTheirs={() => {
            takeOver(theirs, valuesOf(theirs));
          }}
          onClose={() => {
            setTheirs(null);
          }}
        />
      )}
    </form>
  );
}

function changed(before: FormValues, after: FormValues): Partial<FormValues> {
  const names = Object.keys(after) as (keyof FormValues)[];
  return Object.fromEntries(
    names
      .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
      .map((name) => [name, after[name]]),
  );
}
