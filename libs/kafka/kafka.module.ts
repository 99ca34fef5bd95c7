/** Kafka in an app: the client and the producer. */
import { Inject, Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LOGGER } from '../runtime/app.module.ts';
import type { Logger } from '../runtime/logger.ts';
import { KafkaClient, type KafkaConnection } from './cluster/kafka-client.ts';
import { RecordSink, type RecordSinkOptions } from './producer/record-sink.ts';

/** Each app says what it does with what cannot be written. */
type AppSinkOptions = RecordSinkOptions & Required<Pick<RecordSinkOptions, 'whenUnwritable'>>;

@Module({})
export class KafkaModule implements OnModuleInit, OnApplicationShutdown {
  constructor(@Inject(RecordSink) private readonly sink: RecordSink) {}

  /** Provides KafkaClient and RecordSink everywhere. */
  static with(connection: KafkaConnection, options: AppSinkOptions): DynamicModule {
    return {
      module: KafkaModule,
      global: true,
      providers: [
        {
          provide: KafkaClient,
          inject: [LOGGER],
          useFactory: (logger: Logger) => new KafkaClient(connection, logger),
        },
        {
          provide: RecordSink,
          inject: [KafkaClient, LOGGER],
          useFactory: (client: KafkaClient, logger: Logger) =>
            new RecordSink(client, logger, { compression: connection.compression, ...options }),
        },
      ],
      exports: [KafkaClient, RecordSink],
    };
  }

  /** Not awaited: an app that starts while Kafka is away listens and says so in its readiness. */
  onModuleInit(): void {
    void this.sink.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sink.close();
  }
}
