/**
 * In: records that are sent again, each for its rejected event. Out: what became of each, as Kafka says it. Holds: what was
 * acknowledged is known whatever becomes of the others; what Kafka refuses for good is its own row's problem; what is open may
 * still come to Kafka, and is not to be made anew.
 */
import type { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { RecordRefusedError } from '../../../libs/kafka/producer/append-error.ts';
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';
import type { RedriveResult } from '../../../libs/postgres/rejections/redrive-store.ts';

export interface RedriveRecord {
  /** Of the rejected event. */
  readonly id: string;
  readonly record: OutgoingRecord;
}

export class RedriveFlight {
  /** Resolves once no record is open; never rejects. */
  readonly ended: Promise<void>;
  private readonly open: Set<string>;
  private known: readonly RedriveResult[];

  /** @param known what is settled without Kafka */
  constructor(sink: Pick<RecordSink, 'append'>, sending: readonly RedriveRecord[], known: readonly RedriveResult[]) {
    this.known = known;
    this.open = new Set(sending.map(({ id }) => id));
    const onSettled = (index: number, error: Error | null) => {
      this.settled(sending[index]?.id ?? '', error);
    };
    this.ended = sink
      .append(
        sending.map(({ record }) => record),
        { onSettled },
      )
      .catch(() => undefined)
      .then(() => {
        // Nothing of these comes to Kafka any more: they fall due again.
        this.open.clear();
      });
  }

  /** Ids of rejected events of which Kafka said nothing yet. */
  get waiting(): readonly string[] {
    return [...this.open];
  }

  get results(): readonly RedriveResult[] {
    return this.known;
  }

  /** These are in their rows. */
  forget(results: readonly RedriveResult[]): void {
    this.known = this.known.filter((one) => !results.includes(one));
  }

  private settled(id: string, error: Error | null): void {
    this.open.delete(id);
    if (error === null) this.known = [...this.known, { id, problem: null }];
    else if (error instanceof RecordRefusedError)
      this.known = [...this.known, { id, problem: `Kafka does not take it: ${error.message}` }];
  }
}
