/** Where the parts of answers that go on for long are wired: the live stream and exports. */
import type { Provider } from '@nestjs/common';
import { KafkaClient } from '../../../libs/kafka/cluster/kafka-client.ts';
import { TopicTail } from '../../../libs/kafka/tail/topic-tail.ts';
import type { AppContext } from '../../../libs/runtime/app.module.ts';
import { topics } from '../../../libs/wire/topics.ts';
import { TopicNames, type ApiCodecs } from '../api-codecs.ts';
import { Authentication } from '../access/authentication.ts';
import type { ManagementApiConfig } from '../config.ts';
import { CatchUps } from './catch-ups.ts';
import { OpenExports } from '../deliveries/open-exports.ts';
import { ConcurrencyQuota } from '../access/concurrency-quota.ts';
import { OutcomeFeed } from './outcome-feed.ts';
import { OutcomeStreams } from './outcome-streams.ts';
import { Reauthorization } from '../access/reauthorization.ts';

/** Each has the database busy for a part of the time. */
const exportsMax = { perOwnerMax: 2, max: 10 };
/** Of a client: everybody who has its portal open, and what it has built itself. */
const streamsMax = { perOwnerMax: 25, max: 200 };

export function streamProviders(
  config: ManagementApiConfig,
  { logger, metrics }: AppContext,
  codecs: ApiCodecs,
): Provider[] {
  const topic = new TopicNames(config.TOPIC_PREFIX).of(topics.outcomes);
  return [
    {
      provide: Reauthorization,
      inject: [Authentication],
      useFactory: (authentication: Authentication) =>
        new Reauthorization({ authorize: (authorization) => authentication.callerOf(authorization, null) }),
    },
    {
      provide: OpenExports,
      inject: [Reauthorization],
      useFactory: (reauthorization: Reauthorization) =>
        new OpenExports({ places: new ConcurrencyQuota(exportsMax), reauthorization, logger }),
    },
    { provide: OutcomeFeed, useFactory: () => new OutcomeFeed(codecs.outcomes, logger) },
    {
      provide: OutcomeStreams,
      inject: [OutcomeFeed, TopicTail, KafkaClient, Reauthorization],
      useFactory: (feed: OutcomeFeed, tail: TopicTail, client: KafkaClient, reauthorization: Reauthorization) =>
        new OutcomeStreams({
          feed,
          tail,
          codec: codecs.outcomes,
          readFrom: (from, onRecord) => new TopicTail(client, { topics: [topic], from, onRecord }, logger),
          catchUps: new CatchUps(),
          places: new ConcurrencyQuota(streamsMax),
          reauthorization,
          gauge: metrics.gauge('streams_open', 'Streams of outcomes that are open'),
          logger,
          now: Date.now,
        }),
    },
  ];
}
