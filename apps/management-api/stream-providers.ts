/** Where the parts of the live stream are wired. */
import type { Provider } from '@nestjs/common';
import { KafkaClient } from '../../libs/kafka/kafka-client.ts';
import { TopicTail } from '../../libs/kafka/topic-tail.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import { topics } from '../../libs/wire/topics.ts';
import { TopicNames, type ApiCodecs } from './api-codecs.ts';
import { Authentication } from './authentication.ts';
import type { ManagementApiConfig } from './config.ts';
import { OpenPlaces } from './open-places.ts';
import { OutcomeFeed } from './outcome-feed.ts';
import { OutcomeStreams } from './outcome-streams.ts';

const streamsMax = { perKeyMax: 10, max: 200 };

export function streamProviders(
  config: ManagementApiConfig,
  { logger, metrics }: AppContext,
  codecs: ApiCodecs,
): Provider[] {
  const topic = new TopicNames(config.TOPIC_PREFIX).of(topics.outcomes);
  return [
    { provide: OutcomeFeed, useFactory: () => new OutcomeFeed(codecs.outcomes, logger) },
    {
      provide: OutcomeStreams,
      inject: [OutcomeFeed, TopicTail, KafkaClient, Authentication],
      useFactory: (feed: OutcomeFeed, tail: TopicTail, client: KafkaClient, authentication: Authentication) =>
        new OutcomeStreams({
          feed,
          tail,
          codec: codecs.outcomes,
          readFrom: (from, onRecord) => new TopicTail(client, { topics: [topic], from, onRecord }, logger),
          places: new OpenPlaces(streamsMax),
          authorize: (authorization) => authentication.callerOf(authorization, null),
          gauge: metrics.gauge('streams_open', 'Streams of outcomes that are open'),
          logger,
        }),
    },
  ];
}
