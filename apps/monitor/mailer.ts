/**
 * Sends the mails that wait. In: the time. Out: mails, by client. What must hold: a mail that no server takes is tried
 * again later; what is in it is in no log.
 */
import { noticeMail } from '../../libs/domain/notice-mail.ts';
import type { MailRules, NoticeMailStore } from '../../libs/postgres/notice-mail-store.ts';
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
  readonly now: () => Date;
}

export class Mailer implements RepeatedJob {
  private readonly parts: MailerParts;

  constructor(parts: MailerParts) {
    this.parts = parts;
  }

  async run(): Promise<number> {
    const { store, sender, rules, everyMs, metrics, logger, now } = this.parts;
    for (const { clientId, clientName, addresses, notices, rowIds } of await store.take(rules, now())) {
      try {
        await sender.send(addresses, noticeMail(clientName, notices));
      } catch (error) {
        metrics.mailed('failed');
        logger.warn({ clientId, notices: notices.length, ...errorFields(error) }, 'mail not sent, tried again later');
        await store.failed(rowIds, now());
        continue;
      }
      await store.sent(rowIds, now());
      metrics.mailed('sent');
      logger.info({ clientId, notices: notices.length, addresses: addresses.length }, 'mail sent');
    }
    return everyMs;
  }

  failed(error: unknown): number {
    this.parts.logger.warn(errorFields(error), 'cannot look for mails now, trying again');
    return this.parts.everyMs;
  }
}
