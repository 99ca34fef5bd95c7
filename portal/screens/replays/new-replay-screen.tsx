/** What is to be sent again: asked for in the address, counted first, then begun. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { bodySchemas } from 'virtual:body-schemas';
import { may, useCaller } from '../../api/caller.ts';
import { Page } from '../../app/page.tsx';
import { useSearchState } from '../../app/search.ts';
import { useDeliveryStatusNames } from '../../delivery/delivery-status.tsx';
import { Button } from '../../elements/button.tsx';
import { Field } from '../../elements/field.tsx';
import { SelectFilter, TextFilter } from '../../elements/filter-bar.tsx';
import { MomentFilter } from '../../elements/moment-filter.tsx';
import { NotAllowed, Skeleton } from '../../elements/states.tsx';
import { visibleText } from '../../elements/visible-text.ts';
import { useWebhookUrls } from '../../webhook/webhooks-at-hand.ts';
import { anyStatus, replayDraft, statusDefault } from './replay-draft.ts';
import { ReplayPreview } from './replay-preview.tsx';
import reading from '../../style/reading.module.css';
import styles from './replays.module.css';

interface PaceRule {
  readonly minimum: number;
  readonly maximum: number;
  readonly default: number;
}

const paceRule = (bodySchemas['createReplay']?.['properties'] as { pacePerSecond: PaceRule }).pacePerSecond;

export function Screen() {
  const { t } = useLingui();
  const caller = useCaller();
  return (
    <Page
      title={t`New replay`}
      actions={
        <Link to="/replays">
          <Trans>All replays</Trans>
        </Link>
      }
    >
      {caller === undefined ? (
        <Skeleton />
      ) : may(caller, 'replays.write') ? (
        <Form hasOwnClient={caller.clientId !== null} />
      ) : (
        <NotAllowed />
      )}
    </Page>
  );
}

/** @param hasOwnClient false: an operator, who says for whom */
function Form({ hasOwnClient }: { readonly hasOwnClient: boolean }) {
  const { t } = useLingui();
  const { get, change } = useSearchState();
  const urls = useWebhookUrls();
  const isMissed = get('missed') === 'true';
  const pace = get('pace') === '' ? paceRule.default : Number(get('pace'));
  const isPaceGood = Number.isInteger(pace) && pace >= paceRule.minimum && pace <= paceRule.maximum;
  const { minimum, maximum } = paceRule;
  const { filter, refused } = replayDraft(get);
  const clientId = get('client');
  const draft = { filter, ...(!hasOwnClient && clientId !== '' && { clientId }) };
  return (
    <div className={styles.parts}>
      <div role="group" aria-label={t`What is sent again`} className={styles.fields}>
        {!hasOwnClient && <TextFilter name="client" label={t`Client`} />}
        <SelectFilter
          name="webhook"
          label={t`Webhook`}
          options={[...urls].map(([id, url]) => [id, visibleText(url)] as const)}
        />
        <StatusField isMissed={isMissed} />
        <TextFilter name="type" label={t`Event type`} />
        {!isMissed && (
          <>
            <TextFilter name="reason" label={t`Reason`} />
            <TextFilter name="code" label={t`Response code`} placeholder="404, 5xx, none" />
          </>
        )}
        <MomentFilter name="from" label={t`From`} hint={t`time of the event`} />
        <MomentFilter name="to" label={t`To`} hint={t`time of the event`} />
        <Field
          label={t`Deliveries per second`}
          hint={t`At most; what is live goes first.`}
          error={isPaceGood ? undefined : t`A whole number from ${minimum} to ${maximum}`}
        >
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={minimum}
              max={maximum}
              step={1}
              value={get('pace') === '' ? String(paceRule.default) : get('pace')}
              onChange={({ target }) => {
                // An empty field is not the default: it is wrong until something stands in it.
                change({ pace: target.value === '' ? '0' : String(Number(target.value)) }, { replace: true });
              }}
            />
          )}
        </Field>
      </div>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={isMissed}
          onChange={({ target }) => {
            change({ missed: target.checked ? 'true' : null, reason: null, code: null, kind: null, status: null });
          }}
        />
        <Trans>Missed while disabled</Trans>
      </label>
      <p className={styles.soft}>
        <Trans>
          What was missed: deliveries that ended because the webhook was disabled, and events that made none for that
          reason.
        </Trans>
      </p>
      {refused.length > 0 ? (
        <Refused names={refused} />
      ) : (
        // Another filter begins anew: what was counted is not what would be sent.
        <ReplayPreview key={JSON.stringify(draft)} draft={draft} pacePerSecond={isPaceGood ? pace : null} />
      )}
    </div>
  );
}

function StatusField({ isMissed }: { readonly isMissed: boolean }) {
  const { t } = useLingui();
  const { get, change } = useSearchState();
  const names = useDeliveryStatusNames();
  return (
    <Field label={t`Status`} hint={isMissed ? t`What was missed has none.` : t`Where they stand now.`}>
      {(ids) => (
        <select
          {...ids}
          disabled={isMissed}
          value={get('status') === '' ? statusDefault : get('status')}
          onChange={({ target }) => {
            change({ status: target.value });
          }}
        >
          {Object.entries(names).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
          <option value={anyStatus}>{t`Any`}</option>
        </select>
      )}
    </Field>
  );
}

/** The address asks for something that no replay looks for: to leave it out would send more than was meant. */
function Refused({ names }: { readonly names: readonly string[] }) {
  const { get, change } = useSearchState();
  const said = names.map((name) => `${name}=${visibleText(get(name))}`).join(', ');
  return (
    <div role="alert" className={styles.warning}>
      <p>
        <Trans>
          A replay cannot be limited by <code>{said}</code>. Mark these deliveries in the list and resend them there, or
          go on without it.
        </Trans>
      </p>
      <div className={reading.actions}>
        {get('event') !== '' && (
          <Link to="/deliveries" search={{ event: get('event') }}>
            <Trans>Deliveries of this event</Trans>
          </Link>
        )}
        <Button
          onClick={() => {
            change(Object.fromEntries(names.map((name) => [name, null])));
          }}
        >
          <Trans>Go on without it</Trans>
        </Button>
      </div>
    </div>
  );
}
