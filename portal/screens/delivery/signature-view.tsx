/** What was signed at an attempt and how, and a check with a secret that never leaves the page. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { utf8 } from '../../../libs/domain/signature/bytes.ts';
import type { Verdict } from '../../../libs/domain/signature/verify-delivery.ts';
import { verifyDeliveryOnWeb } from '../../../libs/domain/signature/web-delivery-key.ts';
import { useSearchState } from '../../app/search.ts';
import type { Attempt, DeliveryDetail } from '../../delivery/delivery.ts';
import { StatusBadge } from '../../elements/badge.tsx';
import { Button } from '../../elements/button.tsx';
import { Field } from '../../elements/field.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { Empty } from '../../elements/states.tsx';
import { HeaderList } from './header-list.tsx';
import reading from '../../style/reading.module.css';
import styles from './delivery-screen.module.css';

/** An attempt of yesterday is no forgery. */
const anyAge = 1e9;
const signatureHeaders = /signature$|^webhook-/i;

export interface SignatureViewProps {
  readonly delivery: DeliveryDetail;
  readonly secret: string;
  readonly onSecret: (secret: string) => void;
}

export function SignatureView({ delivery, secret, onSecret }: SignatureViewProps) {
  const { t } = useLingui();
  const { get } = useSearchState();
  const { attempts, payloadSent } = delivery;
  const attempt = attempts.find(({ attempt: number }) => String(number) === get('attempt')) ?? attempts.at(-1);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [error, setError] = useState<unknown>(null);
  if (attempt === undefined || payloadSent === null) return <Empty title={<Trans>Nothing was signed yet</Trans>} />;
  const check = async () => {
    setError(null);
    try {
      setVerdict(await verdictOn(attempt, payloadSent, secret));
    } catch (cause) {
      setError(cause);
    }
  };
  const headers = lowerCased(attempt.requestHeaders);
  const signed = Object.fromEntries(Object.entries(headers).filter(([name]) => signatureHeaders.test(name)));
  const number = attempt.attempt;
  return (
    <>
      <p>
        <Trans>Of attempt {number}.</Trans>
      </p>
      <HeaderList title={t`Signature headers`} headers={signed} />
      <section aria-label={t`Signed text`}>
        <h3>
          <Trans>Signed text</Trans>
        </h3>
        <pre className={reading.code} tabIndex={0} aria-label={t`Signed text`}>
          {`${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.`}
          <Trans>(then the payload, byte for byte)</Trans>
        </pre>
      </section>
      <form
        className={styles.inside}
        onSubmit={(event) => {
          event.preventDefault();
          void check();
        }}
      >
        <Field label={t`Secret`} hint={t`It stays in this page: it is sent to nobody and kept nowhere.`}>
          {(ids) => (
            <input
              {...ids}
              type="password"
              autoComplete="off"
              required
              value={secret}
              onChange={({ target }) => {
                onSecret(target.value);
                setVerdict(null);
              }}
            />
          )}
        </Field>
        <div className={reading.actions}>
          <Button type="submit">
            <Trans>Check signature</Trans>
          </Button>
        </div>
      </form>
      {verdict !== null && <VerdictView verdict={verdict} />}
      {error !== null && <ProblemAlert error={error} />}
    </>
  );
}

function VerdictView({ verdict }: { readonly verdict: Verdict }) {
  const { t } = useLingui();
  if (verdict.kind === 'valid') return <StatusBadge tone="good" name={t`Valid`} />;
  return (
    <>
      <StatusBadge tone="bad" name={verdict.reason} />
      <p>{verdict.detail}</p>
    </>
  );
}

function verdictOn(attempt: Attempt, payload: string, secret: string): Promise<Verdict> {
  const body = utf8(payload);
  const headers = lowerCased(attempt.requestHeaders);
  const nowS = Number(headers['webhook-timestamp'] ?? 0);
  return verifyDeliveryOnWeb({ headers, body, secret, nowS, toleranceS: anyAge, sentBody: body });
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
