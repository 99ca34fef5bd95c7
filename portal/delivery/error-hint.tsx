/** What to do about an attempt that failed, by what kind of failure it was. */
import { Trans } from '@lingui/react/macro';
import type { Attempt } from './delivery.ts';

export function ErrorHint({ attempt }: { readonly attempt: Attempt }) {
  if (attempt.outcome === 'delivered') return null;
  const { error, responseCode } = attempt;
  switch (error?.kind ?? kindOfCode(responseCode)) {
    case 'timeout':
      return <Trans>Answer sooner: accept the event, then do the work. Or give the webhook a longer timeout.</Trans>;
    case 'dns':
      return <Trans>The name of the endpoint does not resolve: check its spelling and its DNS records.</Trans>;
    case 'connect':
      return (
        <Trans>Nothing takes connections there: check that the endpoint runs and that a firewall lets us in.</Trans>
      );
    case 'tls':
      return (
        <Trans>The certificate was not accepted: check that it is valid, for this name, and sent with its chain.</Trans>
      );
    case 'reset':
      return (
        <Trans>The connection was closed before an answer: look for a crash, a proxy or a limit in its log.</Trans>
      );
    case 'refused-address':
      return (
        <Trans>The address is private or not allowed here: use a public one, or ask whoever runs this system.</Trans>
      );
    case 'redirect':
      return <Trans>Redirects are not followed: change the URL of the webhook to where it points.</Trans>;
    case 'auth':
      return (
        <Trans>The endpoint wants credentials: add the header that it asks for in the settings of the webhook.</Trans>
      );
    case 'missing':
      return <Trans>Nothing is at this path: check the URL of the webhook.</Trans>;
    case 'limited':
      return <Trans>The endpoint wants fewer requests: set a rate for the webhook.</Trans>;
    case 'refused':
      return <Trans>The endpoint refuses this event: look into its log with the delivery ID.</Trans>;
    case 'server':
      return <Trans>The endpoint failed: look into its log at this time.</Trans>;
    default:
      return null;
  }
}

function kindOfCode(code: number | null): string {
  if (code === null) return '';
  if (code >= 300 && code < 400) return 'redirect';
  if (code === 401 || code === 403 || code === 407) return 'auth';
  if (code === 404 || code === 410) return 'missing';
  if (code === 429) return 'limited';
  if (code >= 500) return 'server';
  return code >= 400 ? 'refused' : '';
}
