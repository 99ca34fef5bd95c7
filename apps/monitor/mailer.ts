/**
 * Sends the mails that wait. In: the time. Out: mails, by client, one at a time. What must hold: a mail that no server
 * takes is tried again later, for each address by itself; what one address got it gets once; what is in it is in no log.
 */
import { noticeMail } from '../../libs/domain/health/notice-mail.ts';
import type { MailRules, NoticeMailStore, WaitingMail } from '../../libs/postgres/outbox/notice-mail-store.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { MailSender } from './mail-sender.ts';
import type { MonitorMetrics } from './monitor-metrics.ts';
import type { RepeatedJob } from './repeated.ts';

export interface MailerParts {
  readonly store: NoticeMailStore;
  readonly sender: Pick<MailSender, 'send'>;
  readonly rules: MailRules;
  readonly everyMs: number;
  readonly metrics: Pick<MonitorMetrics, 'mailed'>;
  readonly logger: Logger;
  /** By a clock that all monitors share. */
  readonly now: () => Promise<Date>;
}

export class Mailer implements RepeatedJob {
  private readonly parts: MailerParts;

  constructor(parts: MailerParts) {
    this.parts = parts;
  }

  async run(signal: AbortSignal): Promise<number> {
    const { store, rules, everyMs, now } = this.parts;
    while (!signal.aborted) {
      // One by one: what waits for a slow server while others are sent would be taken for forgotten.
      const mail = await store.take(rules, await now());
      if (mail === null) break;
      await this.send(mail);
    }
    return everyMs;
  }

  failed(error: unknown): number {
    this.parts.logger.warn(errorFields(error), 'cannot look for mails now, trying again');
    return this.parts.everyMs;
  }

  private async send({ clientId, clientName, addresses, notices, rowIds }: WaitingMail): Promise<void> {
    const { store, sender, metrics, logger, now } = this.parts;
    const sendings = [...(await sender.send(addresses, noticeMail(clientName, notices)))];
    const of = (kind: string) => sendings.flatMap(([address, sending]) => (sending.kind === kind ? [address] : []));
    const told = { clientId, notices: notices.length };
    for (const [, sending] of sendings) {
      if (sending.kind === 'sent') continue;
      const what =
        sending.kind === 'refused' ? 'the mail server refused an address' : 'mail not sent, tried again later';
      logger.warn({ ...told, ...errorFields(sending.error) }, what);
    }
    const [sent, refused, failed] = [of('sent'), of('refused'), of('failed')];
    await store.settle(
      rowIds,
      { reached: sent, over: [...sent, ...refused], isDone: failed.length === 0 },
      await now(),
    );
    if (refused.length > 0) metrics.mailed('refused');
    if (failed.length > 0) metrics.mailed('failed');
    if (sent.length === 0) return;
    metrics.mailed('sent');
    logger.info({ ...told, addresses: sent.length }, 'mail sent');
  }
}
