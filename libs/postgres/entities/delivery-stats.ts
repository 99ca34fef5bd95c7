/** What the attempts of a webhook came to within five minutes; pings are left out. Written by the projector alone. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const DeliveryStatsRow = defineEntity({
  name: 'DeliveryStats',
  tableName: 'delivery_stats',
  properties: {
    clientId: p.text().primary(),
    /** The first moment of the five minutes. */
    bucket: p.datetime().primary(),
    webhookId: p.text().primary(),
    delivered: p.integer(),
    failedRetryable: p.integer(),
    failedPermanent: p.integer(),
    /** Attempts by latency in milliseconds, each up to its bound (libs/domain/delivery/delivery-stats.ts). */
    latency5: p.integer().fieldName('latency_5'),
    latency10: p.integer().fieldName('latency_10'),
    latency20: p.integer().fieldName('latency_20'),
    latency40: p.integer().fieldName('latency_40'),
    latency80: p.integer().fieldName('latency_80'),
    latency160: p.integer().fieldName('latency_160'),
    latency320: p.integer().fieldName('latency_320'),
    latency640: p.integer().fieldName('latency_640'),
    latency1280: p.integer().fieldName('latency_1280'),
    latency2560: p.integer().fieldName('latency_2560'),
    latency5120: p.integer().fieldName('latency_5120'),
    latency10240: p.integer().fieldName('latency_10240'),
    latency20480: p.integer().fieldName('latency_20480'),
    latencyMore: p.integer(),
    /** Milliseconds that deliveries took by our doing, and by that of their endpoints (libs/domain/delivery/delivery-age.ts). */
    oursMs: p.bigint('number').default(0),
    theirsMs: p.bigint('number').default(0),
  },
});
export type DeliveryStatsRow = InferEntity<typeof DeliveryStatsRow>;
