/** Keys of the mails that tell of notices (config-keys.ts has the others). */
import { mailAddressKey } from './name-keys.ts';
import { smtpUrlKey } from './url-keys.ts';

export const smtpKeys = {
  SMTP_URL: smtpUrlKey({
    description:
      'Where mails with notices go, smtp://user:password@host:port; empty: none are sent. Without TLS user and password are sent to loopback alone, or with ?requireTLS=false, the one parameter that it may have',
  }),
  SMTP_FROM: mailAddressKey({ description: 'Who they are from', default: 'webhooks@localhost' }),
} as const;
