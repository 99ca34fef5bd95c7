/**
 * What is said to a client about its webhook: CloudEvents 1.0 (structured JSON) on webhook.notices. They are an
 * input of fan-out, so a client can subscribe to them. The id is a function of webhook and version: said twice, it
 * is one notice.
 */
import { timedId } from '../ids.ts';

export type NoticeType =
  | 'webhook.created'
  | 'webhook.updated'
  | 'webhook.deleted'
  | 'webhook.disabled'
  | 'webhook.failing'
  | 'webhook.recovered'
  | 'webhook.delivery.exhausted'
  | 'webhook.secret.expiring';

const noticeTypes: Readonly<Record<NoticeType, true>> = {
  'webhook.created': true,
  'webhook.updated': true,
  'webhook.deleted': true,
  'webhook.disabled': true,
  'webhook.failing': true,
  'webhook.recovered': true,
  'webhook.delivery.exhausted': true,
  'webhook.secret.expiring': true,
};

export function isNoticeType(eventType: string): eventType is NoticeType {
  return Object.hasOwn(noticeTypes, eventType);
}

export interface Notice {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: '/webhooks';
  readonly type: NoticeType;
  /** The webhook's id. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** The tenant, as fan-out wants it. */
  readonly clientid: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface NoticedWebhook {
  readonly id: string;
  readonly clientId: string;
  readonly url: string;
  readonly version: number;
}

/** @param now Unix milliseconds  @param data beside `webhookId` and `url`, which every notice has */
export function noticeOf(
  type: NoticeType,
  webhook: NoticedWebhook,
  now: number,
  data: Readonly<Record<string, unknown>>,
): Notice {
  return {
    specversion: '1.0',
    id: timedId(now, 'notice', type, webhook.id, String(webhook.version)),
    source: '/webhooks',
    type,
    subject: webhook.id,
    time: new Date(now).toISOString(),
    datacontenttype: 'application/json',
    clientid: webhook.clientId,
    data: { webhookId: webhook.id, url: withoutQuery(webhook.url), ...data },
  };
}

/** The query of a URL may hold a credential. */
function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? url;
}
