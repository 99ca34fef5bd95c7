/**
 * Mails over SMTP. In: a mail and addresses. Out: what became of it at each. What must hold: user and password leave
 * this machine under TLS alone, unless SMTP_URL says otherwise itself. The one place that knows nodemailer.
 */
import { createTransport, type Transporter } from 'nodemailer';
import { setTimeout as pause } from 'node:timers/promises';
import type { NoticeMail } from '../../libs/domain/health/notice-mail.ts';

export interface MailSenderOptions {
  /** smtp:// or smtps://, with user and password. */
  readonly url: string;
  readonly from: string;
  /** How long one mail may take altogether, in milliseconds. Default: 45000 */
  readonly mailMsMax?: number;
}

/** refused: that address is not taken, now or later. failed: it may be another time. */
export type Sending =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly error: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

const connectMsMax = 10_000;
const answerMsMax = 20_000;

export class MailSender {
  private readonly transport: Transporter;
  private readonly from: string;
  private readonly mailMsMax: number;

  constructor({ url, from, mailMsMax = 45_000 }: MailSenderOptions) {
    const timeouts = { connectionTimeout: connectMsMax, greetingTimeout: connectMsMax, socketTimeout: answerMsMax };
    // What a notice holds came from outside: no file and no URL is ever read for a mail.
    const options = { ...timeouts, url, requireTLS: needsTls(url), disableFileAccess: true, disableUrlAccess: true };
    this.transport = createTransport(options);
    this.from = from;
    this.mailMsMax = mailMsMax;
  }

  /** Each address gets a mail of its own, so that none sees the others. Never rejects. */
  async send(addresses: readonly string[], mail: NoticeMail): Promise<ReadonlyMap<string, Sending>> {
    const sendings = addresses.map(async (address) => [address, await this.sendTo(address, mail)] as const);
    return new Map(await Promise.all(sendings));
  }

  private async sendTo(address: string, { subject, text }: NoticeMail): Promise<Sending> {
    const done = new AbortController();
    const late = pause(this.mailMsMax, undefined, { signal: done.signal }).then(
      () => Promise.reject(new Error(`the mail server took longer than ${this.mailMsMax / 1_000} s`)),
      () => undefined,
    );
    const headers = { 'auto-submitted': 'auto-generated' };
    const sent = this.transport.sendMail({ from: this.from, to: { name: '', address }, subject, text, headers });
    try {
      await Promise.race([sent, late]);
      return { kind: 'sent' };
    } catch (error) {
      return { kind: isRefused(error) ? 'refused' : 'failed', error };
    } finally {
      done.abort();
    }
  }

  close(): void {
    this.transport.close();
  }
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Without it, user and password would go in clear to whoever answers without STARTTLS. */
function needsTls(smtpUrl: string): boolean {
  const url = new URL(smtpUrl);
  const hasCredentials = url.username !== '' || url.password !== '';
  const isAllowed = url.searchParams.get('requireTLS') === 'false';
  return url.protocol === 'smtp:' && hasCredentials && !isAllowed && !loopback.test(url.hostname);
}

/** The server knows that address, and takes nothing for it (RFC 5321, section 4.2.1). */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { command, responseCode } = error as { command?: unknown; responseCode?: unknown };
  return command === 'RCPT TO' && typeof responseCode === 'number' && responseCode >= 500;
}
