/** Mails over SMTP. In: a mail. Out: that a server took it. The one place that knows nodemailer. */
import { createTransport, type Transporter } from 'nodemailer';
import type { NoticeMail } from '../../libs/domain/notice-mail.ts';

export interface MailSenderOptions {
  /** smtp:// or smtps://, with user and password. */
  readonly url: string;
  readonly from: string;
}

const connectMsMax = 10_000;
const answerMsMax = 20_000;

export class MailSender {
  private readonly transport: Transporter;
  private readonly from: string;

  constructor({ url, from }: MailSenderOptions) {
    const timeouts = { connectionTimeout: connectMsMax, greetingTimeout: connectMsMax, socketTimeout: answerMsMax };
    // What a notice holds came from outside: no file and no URL is ever read for a mail.
    const options = { ...timeouts, url, disableFileAccess: true, disableUrlAccess: true };
    this.transport = createTransport(options);
    this.from = from;
  }

  /** Each address gets a mail of its own, so that none sees the others. @throws when the server takes none of them */
  async send(addresses: readonly string[], { subject, text }: NoticeMail): Promise<void> {
    const tries = await Promise.allSettled(
      addresses.map((address) =>
        this.transport.sendMail({
          from: this.from,
          to: { name: '', address },
          subject,
          text,
          headers: { 'auto-submitted': 'auto-generated' },
        }),
      ),
    );
    const failed = tries.filter((attempt) => attempt.status === 'rejected');
    // Trying again for one address would tell the others twice.
    if (failed.length === tries.length && failed[0] !== undefined) throw failed[0].reason;
  }

  close(): void {
    this.transport.close();
  }
}
