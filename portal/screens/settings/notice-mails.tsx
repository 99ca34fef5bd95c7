/** Where mails with notices go: that a webhook failed, was disabled, came back. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/action.ts';
import { api, dataOf, type Schemas } from '../../api/api.ts';
import { useMay } from '../../api/caller.ts';
import { useSettings } from '../../api/settings.ts';
import { Button } from '../../elements/button.tsx';
import { Field } from '../../elements/field.tsx';
import { tell } from '../../elements/notices.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { Loaded } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import styles from './settings.module.css';

type Client = Schemas['Client'];

export function NoticeMails({ clientId }: { readonly clientId: string }) {
  const query = useQuery({
    queryKey: ['client', clientId],
    queryFn: ({ signal }) =>
      dataOf<Client>(api.GET('/v1/clients/{id}', { params: { path: { id: clientId } }, signal })),
  });
  const settings = useSettings();
  return (
    <Loaded query={query} lines={3}>
      {(client) => (
        <>
          {settings?.isMailSent === false && (
            <p>
              <Trans>This installation sends no mails. Notices reach webhooks that subscribe to them.</Trans>
            </p>
          )}
          <Addresses key={client.noticeEmails.join('\n')} client={client} />
        </>
      )}
    </Loaded>
  );
}

function Addresses({ client }: { readonly client: Client }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const mayWrite = useMay('settings.write');
  const [typed, setTyped] = useState(client.noticeEmails.join('\n'));
  const wanted = typed
    .split(/[\s,;]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const save = useAction(() =>
    dataOf(
      api.PATCH('/v1/clients/{id}', {
        params: { path: { id: client.id } },
        body: { noticeEmails: wanted },
      }),
    ),
  );
  if (!mayWrite) {
    return client.noticeEmails.length === 0 ? (
      <p>
        <Trans>No address gets mails.</Trans>
      </p>
    ) : (
      <StrangerText text={client.noticeEmails.join(', ')} />
    );
  }
  return (
    <div className={styles.form}>
      <Field
        label={t`Mail addresses for notices`}
        hint={t`One per line. You are told when a webhook fails, is disabled or comes back.`}
      >
        {(ids) => (
          <textarea
            {...ids}
            rows={4}
            value={typed}
            spellCheck={false}
            onChange={({ target }) => {
              setTyped(target.value);
            }}
          />
        )}
      </Field>
      {save.error !== null && <ProblemAlert error={save.error} />}
      <div>
        <Button
          look="main"
          isBusy={save.isBusy}
          disabled={wanted.join('\n') === client.noticeEmails.join('\n')}
          onClick={() => {
            void save.run(async () => {
              await queries.invalidateQueries({ queryKey: ['client', client.id] });
              tell(t`Saved`);
            });
          }}
        >
          <Trans>Save changes</Trans>
        </Button>
      </div>
    </div>
  );
}
