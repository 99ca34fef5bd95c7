/** What a client set for all of its webhooks, what this person chose for this browser, and this session. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useCaller } from '../../api/caller.ts';
import { Page, Section } from '../../app/page.tsx';
import { ZoneSwitch } from '../../app/zone-switch.tsx';
import { Field } from '../../elements/field.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Time } from '../../elements/time.tsx';
import { languages, wantedLanguage, type Language } from '../../language/language.ts';
import { prefer, preferences } from '../../session/preferences.ts';
import { useObserved } from '../../session/observed-value.ts';
import { NoticeMails } from './notice-mails.tsx';
import styles from './settings.module.css';

export function Screen() {
  const { t } = useLingui();
  const caller = useCaller();
  return (
    <Page title={t`Settings`}>
      {caller !== undefined && caller.clientId !== null && (
        <Section title={t`Mails`}>
          <NoticeMails clientId={caller.clientId} />
        </Section>
      )}
      <Section title={t`This browser`}>
        <Preferences />
      </Section>
      <Section title={t`This session`}>
        <Session />
      </Section>
    </Page>
  );
}

function Preferences() {
  const { t } = useLingui();
  const { language, theme, hasShortcuts } = useObserved(preferences);
  return (
    <div className={styles.form}>
      <Field label={t`Language`}>
        {(ids) => (
          <select
            {...ids}
            value={language ?? wantedLanguage()}
            onChange={({ target }) => {
              const chosen: Language = target.value === 'pt-BR' ? 'pt-BR' : 'en';
              prefer({ language: chosen });
            }}
          >
            {Object.entries(languages).map(([name, label]) => (
              <option key={name} value={name} lang={name}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t`Theme`}>
        {(ids) => (
          <select
            {...ids}
            value={theme ?? ''}
            onChange={({ target }) => {
              prefer({ theme: target.value === 'light' || target.value === 'dark' ? target.value : null });
            }}
          >
            <option value="">{t`As the system has it`}</option>
            <option value="light">{t`Light`}</option>
            <option value="dark">{t`Dark`}</option>
          </select>
        )}
      </Field>
      <ZoneSwitch />
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={hasShortcuts}
          onChange={({ target }) => {
            prefer({ hasShortcuts: target.checked });
          }}
        />
        <Trans>Use keyboard shortcuts</Trans>
      </label>
    </div>
  );
}

function Session() {
  const caller = useCaller();
  if (caller === undefined) return null;
  const { name, clientId, expiresAt, capabilities } = caller;
  return (
    <dl className={styles.facts}>
      {name !== null && (
        <div>
          <dt>
            <Trans>Signed in as</Trans>
          </dt>
          <dd>
            <StrangerText text={name} />
          </dd>
        </div>
      )}
      <div>
        <dt>
          <Trans>Client</Trans>
        </dt>
        <dd>{clientId === null ? <Trans>all clients</Trans> : <StrangerText text={clientId} />}</dd>
      </div>
      <div>
        <dt>
          <Trans>Session until</Trans>
        </dt>
        <dd>{expiresAt === null ? <Trans>without an end</Trans> : <Time at={expiresAt} />}</dd>
      </div>
      <div>
        <dt>
          <Trans>It may</Trans>
        </dt>
        <dd>
          <StrangerText text={capabilities.join(', ')} isCode />
        </dd>
      </div>
    </dl>
  );
}
