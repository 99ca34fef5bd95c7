/** What a check found: valid, or the reason with what it means and what was seen. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import type { InvalidReason, Verdict } from '../../../libs/domain/signature/verify-delivery.ts';
import { StatusBadge } from '../../elements/badge.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import styles from './verify.module.css';

export function VerdictView({ verdict }: { readonly verdict: Verdict }) {
  const { t } = useLingui();
  if (verdict.kind === 'valid') {
    const { deliveryId, ageS } = verdict;
    return (
      <div className={styles.verdict}>
        <StatusBadge tone="good" name={t`Valid`} />
        <p>
          <Trans>The signature is of these very bytes, made {ageS} s before the time it was compared with.</Trans>
        </p>
        <p>
          <Link to="/deliveries/$id" params={{ id: deliveryId }}>
            <Trans>Open the delivery</Trans>
          </Link>
        </p>
      </div>
    );
  }
  return (
    <div className={styles.verdict}>
      <StatusBadge tone="bad" name={verdict.reason} />
      <p>
        <Meaning reason={verdict.reason} />
      </p>
      <p className={styles.soft} lang="en">
        <StrangerText text={verdict.detail} />
      </p>
    </div>
  );
}

/** As the table of the reference says it. */
function Meaning({ reason }: { readonly reason: InvalidReason }) {
  switch (reason) {
    case 'secret_malformed':
      return <Trans>The secret is in no known form.</Trans>;
    case 'header_missing':
      return <Trans>Headers that are signed or sign are not there.</Trans>;
    case 'header_malformed':
      return <Trans>The headers are not in their form.</Trans>;
    case 'timestamp_too_old':
      return <Trans>Signed all right, but longer ago than the tolerance allows.</Trans>;
    case 'timestamp_too_new':
      return <Trans>Signed all right, but ahead of this clock by more than the tolerance allows.</Trans>;
    case 'wrong_secret':
      return <Trans>The bytes are the right ones, the secret is not.</Trans>;
    case 'body_changed':
      return <Trans>The body is not byte for byte what was sent.</Trans>;
    case 'header_changed':
      return <Trans>The ID or the time in the headers is not what was signed.</Trans>;
    case 'wrong_secret_or_body_changed':
      return (
        <Trans>The secret is another one, or the body was changed. Compare with what was sent to tell which.</Trans>
      );
  }
}
