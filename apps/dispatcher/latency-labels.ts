/**
 * In: a delivery. Out: the labels of its latency. Holds: a histogram has fourteen series for each of these, so they are fewer than those of
 * counters: 50 webhooks and 4 event types of each, the rest is `other`; a known one costs two look-ups.
 */
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import { maskedId } from '../../libs/runtime/metrics.ts';

const webhooksMax = 50;
const typesMax = 4;
const other = 'other';

type Labels = Readonly<Record<'webhook_id_masked' | 'event_type', string>>;

export class LatencyLabels {
  /** By webhook, and there by event type. */
  private readonly known = new Map<string, Map<string, Labels>>();

  of({ webhookId, eventType }: Pick<Delivery, 'webhookId' | 'eventType'>): Labels {
    const isNamed = this.known.has(webhookId) || this.known.size < webhooksMax;
    const id = isNamed ? webhookId : other;
    let types = this.known.get(id);
    if (types === undefined) this.known.set(id, (types = new Map<string, Labels>()));
    const type = types.has(eventType) || types.size < typesMax ? eventType : other;
    let labels = types.get(type);
    if (labels === undefined) {
      labels = { webhook_id_masked: isNamed ? maskedId(webhookId) : other, event_type: type };
      types.set(type, labels);
    }
    return labels;
  }
}
