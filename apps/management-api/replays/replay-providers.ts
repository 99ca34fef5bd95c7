/** Where the parts of replays are wired. */
import type { Provider } from '@nestjs/common';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { EventView } from '../../../libs/postgres/history/event-view.ts';
import { ReplayStore } from '../../../libs/postgres/replays/replay-store.ts';
import { OwnDatabase, ReservedDatabase } from '../../../libs/postgres/server/reserved-database.ts';
import { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import type { AppContext } from '../../../libs/runtime/app.module.ts';
import { TopicNames, type ApiCodecs } from '../api-codecs.ts';
import type { ManagementApiConfig } from '../config.ts';
import { KafkaWriter } from '../outbox/kafka-writer.ts';
import { ReplayBatches } from './replay-batch.ts';
import { ReplayRunner } from './replay-runner.ts';

export function replayProviders(
  config: ManagementApiConfig,
  { logger, metrics }: AppContext,
  codecs: ApiCodecs,
): Provider[] {
  const topicNames = new TopicNames(config.TOPIC_PREFIX);
  const counter = metrics.counter('replayed_deliveries_total', 'Deliveries that replays sent or passed over', [
    'result',
  ]);
  counter.zero([{ result: 'sent' }, { result: 'skipped' }]);
  return [
    {
      provide: ReplayBatches,
      inject: [KafkaWriter, OwnDatabase],
      useFactory: (writer: KafkaWriter, { em }: OwnDatabase) => {
        const [events, webhooks] = [new EventView(em), new WebhookView(em)];
        return new ReplayBatches({ writer, events, webhooks, codecs, topicNames });
      },
    },
    {
      provide: ReplayRunner,
      inject: [OwnDatabase, ReplayBatches, RecordSink, ReservedDatabase],
      useFactory: ({ em }: OwnDatabase, batches: ReplayBatches, sink: RecordSink, reserved: ReservedDatabase) =>
        new ReplayRunner({ store: new ReplayStore(em), batches, sink, reserved, counter, logger }),
    },
  ];
}
