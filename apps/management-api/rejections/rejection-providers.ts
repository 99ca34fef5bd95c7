/** Where the parts for rejected events are wired. */
import type { Provider } from '@nestjs/common';
import { KafkaClient } from '../../../libs/kafka/cluster/kafka-client.ts';
import { recordsAt } from '../../../libs/kafka/fetch/records-at.ts';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { RedriveStore } from '../../../libs/postgres/rejections/redrive-store.ts';
import { OwnDatabase } from '../../../libs/postgres/server/reserved-database.ts';
import type { AppContext } from '../../../libs/runtime/app.module.ts';
import { topicName, topics } from '../../../libs/wire/topics.ts';
import type { ManagementApiConfig } from '../config.ts';
import { RedriveRunner } from './redrive-runner.ts';

export function rejectionProviders(config: ManagementApiConfig, { logger, metrics }: AppContext): Provider[] {
  const counter = metrics.counter('redriven_events_total', 'Rejected events that were sent again, or could not be', [
    'result',
  ]);
  counter.zero([{ result: 'sent' }, { result: 'failed' }]);
  const rejected = topicName(config.TOPIC_PREFIX, topics.platformEventsRejected);
  return [
    {
      provide: RedriveRunner,
      inject: [OwnDatabase, KafkaClient, RecordSink],
      useFactory: ({ em }: OwnDatabase, client: KafkaClient, sink: RecordSink) =>
        new RedriveRunner({
          store: new RedriveStore(em),
          batch: {
            read: (places) => recordsAt(client, rejected, places),
            topic: topicName(config.TOPIC_PREFIX, topics.platformEvents),
          },
          ...{ sink, counter, logger },
        }),
    },
  ];
}
