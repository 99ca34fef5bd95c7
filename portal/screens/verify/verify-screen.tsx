/** Whether a request that came somewhere is ours, and if not, why: judged in this page, by what was pasted into it. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { utf8 } from '../../../libs/domain/signature/bytes.ts';
import type { Verdict } from '../../../libs/domain/signature/verify-delivery.ts';
import { verifyDeliveryOnWeb } from '../../../libs/domain/signature/web-delivery-key.ts';
import { Page } from '../../app/page.tsx';
import { readDelivery } from '../../delivery/delivery.ts';
import { Button } from '../../elements/button.tsx';
import { Field } from '../../elements/field.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { pastedHeaders } from './pasted-request.ts';
import { VerdictView } from './verdict-view.tsx';
import styles from './verify.module.css';

const toleranceDefaultS = 300;

export function Screen() {
  const { t } = useLingui();
  const [headers, setHeaders] = useState('');
  const [body, setBody] = useState('');
  const [secret, setSecret] = useState('');
  const [isCompared, setIsCompared] = useState(false);
  const [isAnyAge, setIsAnyAge] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [error, setError] = useState<unknown>(null);
  const change = (set: (text: string) => void) => (event: { readonly target: { readonly value: string } }) => {
    set(event.target.value);
    // It was of something else.
    setVerdict(null);
  };
  const check = async () => {
    setIsBusy(true);
    setError(null);
    setVerdict(null);
    try {
      setVerdict(await judged({ headers, body, secret, isCompared, isAnyAge }));
    } catch (cause) {
      setError(cause);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Page title={t`Signature check`}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void check();
        }}
      >
        <p className={styles.promise}>
          <Trans>
            All of this is checked here, in your browser. Headers, body and secret are sent to nobody and kept nowhere.
          </Trans>
        </p>
        <Field label={t`Headers`} hint={t`As they came: one on each line, as JSON, or as curl has them.`}>
          {(ids) => (
            <textarea
              {...ids}
              rows={6}
              spellCheck={false}
              className={styles.text}
              value={headers}
              onChange={change(setHeaders)}
            />
          )}
        </Field>
        <Field label={t`Body`} hint={t`Every byte as it came, before anything parsed it.`}>
          {(ids) => (
            <textarea
              {...ids}
              rows={10}
              spellCheck={false}
              className={styles.text}
              value={body}
              onChange={change(setBody)}
            />
          )}
        </Field>
        <Field label={t`Secret`} hint={t`Of the webhook: it begins with whsec_, or with whpk_ for ed25519.`}>
          {(ids) => <input {...ids} type="password" autoComplete="off" value={secret} onChange={change(setSecret)} />}
        </Field>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={isAnyAge}
            onChange={({ target }) => {
              setIsAnyAge(target.checked);
              setVerdict(null);
            }}
          />
          <Trans>Of any age: do not compare its time with this clock</Trans>
        </label>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={isCompared}
            onChange={({ target }) => {
              setIsCompared(target.checked);
              setVerdict(null);
            }}
          />
          <Trans>Compare with what was sent</Trans>
        </label>
        <p className={styles.soft}>
          <Trans>
            To compare, the delivery is fetched by its ID in the headers. That tells a wrong secret from a changed body.
          </Trans>
        </p>
        <div>
          <Button type="submit" look="main" isBusy={isBusy}>
            <Trans>Check signature</Trans>
          </Button>
        </div>
      </form>
      {verdict !== null && <VerdictView verdict={verdict} />}
      {error !== null && <ProblemAlert error={error} />}
    </Page>
  );
}

interface Pasted {
  readonly headers: string;
  readonly body: string;
  readonly secret: string;
  readonly isCompared: boolean;
  readonly isAnyAge: boolean;
}

async function judged({ headers: text, body: pasted, secret, isCompared, isAnyAge }: Pasted): Promise<Verdict> {
  const headers = pastedHeaders(text);
  const id = headers['webhook-id'] ?? '';
  const sent = isCompared && id !== '' ? (await readDelivery(id)).payloadSent : null;
  return verifyDeliveryOnWeb({
    headers,
    body: utf8(withLineEnds(pasted, headers['content-length'])),
    secret,
    nowS: isAnyAge ? Number(headers['webhook-timestamp'] ?? 0) : Math.floor(Date.now() / 1000),
    toleranceS: toleranceDefaultS,
    sentBody: sent === null ? null : utf8(sent),
  });
}

/** A text field turns every line end into LF. Where the length says that they were CR LF, they are so again. */
function withLineEnds(body: string, length: string | undefined): string {
  const restored = body.replaceAll('\n', '\r\n');
  const isMeant = length !== undefined && restored !== body && utf8(restored).length === Number(length);
  return isMeant ? restored : body;
}
