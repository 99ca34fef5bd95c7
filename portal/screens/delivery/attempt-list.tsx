/** Every attempt with all that is known of it. Which one is open is in the address. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useSearchState } from '../../app/search.ts';
import { usePageConfig } from '../../app/page-config.ts';
import { ErrorHint } from '../../delivery/error-hint.tsx';
import type { Attempt, DeliveryDetail } from '../../delivery/delivery.ts';
import { Badge } from '../../elements/badge.tsx';
import { Empty } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Duration, Time } from '../../elements/time.tsx';
import { HeaderList } from './header-list.tsx';
import reading from '../../style/reading.module.css';
import styles from './delivery-screen.module.css';
import { HighlightedText } from './highlighted-text.tsx';
import { changesSince } from './attempt-changes.ts';

export function AttemptList({ delivery: { attempts } }: { readonly delivery: DeliveryDetail }) {
  const { t } = useLingui();
  const { get, change } = useSearchState();
  if (attempts.length === 0) return <Empty title={<Trans>No attempt was made yet</Trans>} />;
  const said = get('attempt');
  const open = said === '' ? String(attempts.at(-1)?.attempt ?? '') : said;
  return (
    <ul aria-label={t`Attempts`} className={styles.attempts}>
      {attempts.map((attempt, index) => (
        <li key={attempt.attempt} className={styles.attempt}>
          <details open={open === String(attempt.attempt)}>
            <summary
              onClick={(event) => {
                // What is open is in the address, not in the element.
                event.preventDefault();
                const number = String(attempt.attempt);
                change({ attempt: open === number ? 'none' : number }, { replace: true });
              }}
            >
              <Heading attempt={attempt} />
            </summary>
            {open === String(attempt.attempt) && <AttemptDetails attempt={attempt} before={attempts[index - 1]} />}
          </details>
        </li>
      ))}
    </ul>
  );
}

function Heading({ attempt }: { readonly attempt: Attempt }) {
  const { attempt: number, startedAt, responseCode, error, outcome, latencyMs } = attempt;
  return (
    <>
      <strong>
        <Trans>Attempt {number}</Trans>
      </strong>{' '}
      <Badge tone={outcome === 'delivered' ? 'good' : outcome === 'failed_retryable' ? 'busy' : 'bad'}>
        {responseCode ?? error?.kind ?? outcome}
      </Badge>{' '}
      <Time at={startedAt} isExact /> {latencyMs !== null && <Duration ms={latencyMs} />}
    </>
  );
}

function AttemptDetails({ attempt, before }: { readonly attempt: Attempt; readonly before: Attempt | undefined }) {
  const { t } = useLingui();
  const { error, note, requestHeaders, responseHeaders, responseBodySample, responseBodyTruncated, traceId } = attempt;
  const changes = before === undefined ? [] : changesSince(before, attempt);
  return (
    <div className={styles.inside}>
      {error !== null && (
        <p>
          <strong>
            <StrangerText text={error.kind} />
          </strong>{' '}
          <StrangerText text={error.message} />
        </p>
      )}
      <p>
        <ErrorHint attempt={attempt} />
      </p>
      {note !== null && (
        <p>
          <StrangerText text={note} />
        </p>
      )}
      {changes.length > 0 && (
        <p className={reading.soft}>
          <Trans>
            Changed since the attempt before: <StrangerText text={changes.join(', ')} />
          </Trans>
        </p>
      )}
      <HeaderList title={t`Request headers`} headers={requestHeaders} />
      <HeaderList title={t`Response headers`} headers={responseHeaders} />
      {responseBodySample !== null && responseBodySample !== '' && (
        <section aria-label={t`Response body`}>
          <h3>
            <Trans>Response body</Trans>
          </h3>
          <pre className={reading.code} tabIndex={0} aria-label={t`Response body`}>
            <HighlightedText text={responseBodySample} sought="********" />
          </pre>
          {responseBodyTruncated && (
            <p className={reading.soft}>
              <Trans>Only the beginning of the answer was kept.</Trans>
            </p>
          )}
        </section>
      )}
      {traceId !== null && <Trace id={traceId} />}
    </div>
  );
}

function Trace({ id }: { readonly id: string }) {
  const { traceUrl } = usePageConfig();
  return (
    <p>
      <Trans>Trace</Trans>{' '}
      {traceUrl === null ? (
        <code>{id}</code>
      ) : (
        <a href={traceUrl.replaceAll('{traceId}', encodeURIComponent(id))} target="_blank" rel="noreferrer">
          <code>{id}</code>
        </a>
      )}
    </p>
  );
}
