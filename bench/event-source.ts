/** Events one after another, stamped when they are taken; what is the same in all of them is made once. */
import type { PlatformRecord } from '../stack/platform-service.ts';
import { nowMs } from './clock.ts';
import { eventIdOf } from './event-stamp.ts';
import type { Events, Target } from './processes/load-questions.ts';

const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };

export class EventSource {
  /** The number of the event that comes next. */
  next: number;
  private readonly wanted: Events;
  private readonly time = new Date().toISOString();
  private readonly padding: string;

  constructor(wanted: Events) {
    this.wanted = wanted;
    this.next = wanted.events.from;
    this.padding = 'x'.repeat(Math.max(0, wanted.bytes - this.cloudEvent(0, this.target, '').length));
  }

  get left(): number {
    return this.wanted.events.to - this.next;
  }

  /** The next ones as CloudEvents in structured mode, for one produce call. */
  take(count: number): PlatformRecord[] {
    const sentAtMs = nowMs();
    return Array.from({ length: count }, () => {
      const target = this.target;
      const value = this.cloudEvent(sentAtMs, target, this.text());
      this.next += 1;
      return { key: target.type, value, headers };
    });
  }

  /** The next ones as the body of one `POST /v1/events`: a single event, or a list where there are several. */
  takeRequest(count: number): string {
    const sentAtMs = nowMs();
    const events = Array.from({ length: count }, () => {
      const { clientId, type } = this.target;
      const id = eventIdOf({ number: this.next, sentAtMs });
      this.next += 1;
      return `{"id":"${id}","type":"${type}","clientId":"${clientId}","data":{"text":"${this.text()}"}}`;
    });
    return count === 1 ? (events[0] ?? '') : `[${events.join(',')}]`;
  }

  private get target(): Target {
    const { targets } = this.wanted;
    return targets[this.next % targets.length] ?? { clientId: '', type: '' };
  }

  private text(): string {
    return this.wanted.isVaried === true ? orderText(this.next, this.padding.length) : this.padding;
  }

  private cloudEvent(sentAtMs: number, { clientId, type }: Target, padding: string): string {
    const id = eventIdOf({ number: this.next, sentAtMs });
    return (
      `{"specversion":"1.0","id":"${id}","source":"/bench","time":"${this.time}","clientid":"${clientId}",` +
      `"datacontenttype":"application/json","type":"${type}","data":{"text":"${padding}"}}`
    );
  }
}

/** Names of fields that all orders have, and values that no two have in common; the same for the same number. */
function orderText(number: number, length: number): string {
  let seed = number;
  const value = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let text = `order=${number}`;
  while (text.length < length) {
    const sku = value(2 ** 31).toString(36);
    text += `;sku=${sku};quantity=${value(9) + 1};price=${value(100_000) / 100};warehouse=${value(2 ** 31).toString(36)}`;
  }
  return text.slice(0, length);
}
