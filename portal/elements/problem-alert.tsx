/** What went wrong, with what support needs to find it. */
import { Trans } from '@lingui/react/macro';
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import { Button } from './button.tsx';
import styles from './problem-alert.module.css';
import { StrangerText } from './stranger-text.tsx';

export interface ProblemAlertProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

export function ProblemAlert({ error, onRetry }: ProblemAlertProps) {
  const { code, requestId, errors } = partsOf(error);
  return (
    <div role="alert" className={styles.alert}>
      <p className={styles.title}>
        <ProblemTitle error={error} />
      </p>
      <p>
        <StrangerText text={error instanceof Error ? error.message : String(error)} />
      </p>
      {errors.length > 0 && (
        <ul className={styles.fields}>
          {errors.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <StrangerText text={path} isCode /> <StrangerText text={message} />
            </li>
          ))}
        </ul>
      )}
      <dl className={styles.facts}>
        <dt>
          <Trans>Code</Trans>
        </dt>
        <dd>
          <code>{code}</code>
        </dd>
        {requestId !== null && (
          <>
            <dt>
              <Trans>Request ID</Trans>
            </dt>
            <dd>
              <code>{requestId}</code>
            </dd>
          </>
        )}
      </dl>
      {onRetry !== undefined && (
        <Button onClick={onRetry}>
          <Trans>Try again</Trans>
        </Button>
      )}
    </div>
  );
}

function ProblemTitle({ error }: { readonly error: unknown }) {
  if (!(error instanceof ApiProblem)) return <Trans>The API does not answer</Trans>;
  switch (error.status) {
    case 401:
      return <Trans>Not signed in</Trans>;
    case 403:
      return <Trans>Not allowed</Trans>;
    case 404:
      return <Trans>Not found</Trans>;
    case 409:
    case 412:
      return <Trans>It was changed meanwhile</Trans>;
    case 400:
    case 422:
      return <Trans>Not valid</Trans>;
    case 429:
      return <Trans>Too many requests</Trans>;
    default:
      return error.status >= 500 ? <Trans>The API could not do it</Trans> : <Trans>Refused</Trans>;
  }
}

function partsOf(error: unknown) {
  if (error instanceof ApiProblem) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected';
  return { code, requestId: null, errors: [] };
}
