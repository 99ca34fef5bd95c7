/** Topics that the outbox writes to, without TOPIC_PREFIX (libs/wire/topics.ts, which this library may not import). */
export const definitionsTopic = 'webhook.definitions';
export const eventTypesTopic = 'webhook.event-types';
export const noticesTopic = 'webhook.notices';
