/** Where the parts of replays are wired. */
import type { OnApplicationShutdown, Provider } from '@nestjs/common';
import { KafkaClient } from '../../../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../../../libs/kafka/cluster/topic-admin.ts';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { EventView } from '../../../libs/postgres/history/event-view.ts';
import { RewindTurns } from '../../../libs/postgres/replays/rewind-turns.ts';
import { ReplayStore } from '../../../libs/postgres/replays/replay-store.ts';
import { OwnDatabase, ReservedDatabase } from '../../../libs/postgres/server/reserved-database.ts';
import { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import type { AppContext } from '../../../libs/runtime/app.module.ts';
import { TopicNames, type ApiCodecs } from '../api-codecs.ts';
import type { ManagementApiConfig } from '../config.ts';
import { KafkaWriter } from '../outbox/kafka-writer.ts';
import { topics } from '../../../libs/wire/topics.ts';
import { HistoryFence } from './history-fence.ts';
import { ReplayBatches } from './replay-batch.ts';
import { RewindSteps } from './rewind-steps.ts';
import { ReplayRunner } from './replay-runner.ts';

/** Where topics end, on a connection that is made when it is first asked for. */
class EventEnds implements OnApplicationShutdown {
  private readonly admin: TopicAdmin;

  constructor(client: KafkaClient) {
    this.admin = new TopicAdmin(client);
  }

  ends(topic: string): Promise<ReadonlyMap<number, number>> {
    return this.admin.endOffsets(topic);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.admin.close();
  }
}

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
    { provide: EventEnds, inject: [KafkaClient], useFactory: (client: KafkaClient) => new EventEnds(client) },
    {
      provide: ReplayBatches,
      inject: [KafkaWriter, OwnDatabase, EventEnds],
      useFactory: (writer: KafkaWriter, { em }: OwnDatabase, eventEnds: EventEnds) => {
        const [events, webhooks] = [new EventView(em), new WebhookView(em)];
        const topic = topicNames.of(topics.webhookEvents);
        const groupId = `${config.TOPIC_PREFIX}projector`;
        const fence = new HistoryFence({ topic, groupId, ends: () => eventEnds.ends(topic) });
        const rewinds = new RewindSteps({ turns: new RewindTurns(em), fence });
        return new ReplayBatches({ writer, events, webhooks, codecs, topicNames, rewinds });
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
