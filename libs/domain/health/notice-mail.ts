/** A mail about notices. In: the notices of one client. Out: subject and text. What must hold: one line a header. */
import type { Notice, NoticeType } from './notice.ts';

export interface MailedNotice {
  /** The newest of its webhook and type. */
  readonly notice: Notice;
  /** How many there were of this webhook and type since the last mail. */
  readonly count: number;
}

export interface NoticeMail {
  readonly subject: string;
  readonly text: string;
}

const headlines: Readonly<Partial<Record<NoticeType, string>>> = {
  'webhook.disabled': 'was disabled',
  'webhook.failing': 'fails',
  'webhook.recovered': 'works again',
  'webhook.delivery.exhausted': 'did not get deliveries, which were given up',
  'webhook.secret.expiring': 'has a secret that soon ends',
  'webhook.updated': 'recovers',
};

/** @param notices one or more, each of another webhook or type */
export function noticeMail(clientName: string, notices: readonly MailedNotice[]): NoticeMail {
  const [first] = notices;
  const webhooks = new Set(notices.map(({ notice }) => notice.subject)).size;
  const subject =
    notices.length === 1 && first !== undefined
      ? `[Webhooks] ${urlOf(first.notice)} ${headlineOf(first.notice)}`
      : `[Webhooks] ${notices.length} notices about ${webhooks} ${webhooks === 1 ? 'webhook' : 'webhooks'}`;
  const text = [
    `Webhooks of ${clientName}:`,
    '',
    ...notices.flatMap(({ notice, count }) => [
      `* ${urlOf(notice)} ${headlineOf(notice)}${count > 1 ? ` (told ${count} times since the last mail)` : ''}`,
      `  webhook: ${notice.subject}`,
      `  time: ${notice.time}`,
      ...detailsOf(notice).map((line) => `  ${line}`),
      '',
    ]),
    'You get this because your address is among the noticeEmails of this client.',
    '',
  ].join('\n');
  return { subject: oneLine(subject).slice(0, 200), text };
}

function headlineOf({ type }: Notice): string {
  return headlines[type] ?? type;
}

function urlOf({ data, subject }: Notice): string {
  return oneLine(typeof data['url'] === 'string' ? data['url'] : subject);
}

/** Members whose value is short; what a mail must not say is not in a notice. */
function detailsOf({ data }: Notice): string[] {
  return Object.entries(data)
    .filter(([name, value]) => name !== 'webhookId' && name !== 'url' && value !== null && typeof value !== 'object')
    .map(([name, value]) => `${name}: ${oneLine(String(value)).slice(0, 300)}`);
}

/** A line end in a header would begin another one. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
