/** Where the parts of the report of the system are wired. */
import type { Provider } from '@nestjs/common';
import { KafkaClient } from '../../../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../../../libs/kafka/cluster/topic-admin.ts';
import { DatabaseDiagnosis } from '../../../libs/postgres/server/diagnosis.ts';
import type { AppContext } from '../../../libs/runtime/app.module.ts';
import type { ManagementApiConfig } from '../config.ts';
import { systemLag } from './system-lag.ts';
import { SystemReports } from './system-report.ts';

export function systemProviders(config: ManagementApiConfig, { logger }: AppContext): Provider[] {
  return [
    // Its first question connects.
    { provide: DatabaseDiagnosis, useFactory: () => new DatabaseDiagnosis(config.DATABASE_URL) },
    {
      provide: SystemReports,
      inject: [KafkaClient, DatabaseDiagnosis],
      useFactory: (client: KafkaClient, database: DatabaseDiagnosis) =>
        new SystemReports({
          kafka: async () => {
            const admin = new TopicAdmin(client);
            try {
              const positionsOf = (groupId: string) => database.offsetsOf(groupId);
              const hasPlatformCluster = config.PLATFORM_KAFKA_BROKERS !== null;
              const lag = await systemLag({ admin, prefix: config.TOPIC_PREFIX, hasPlatformCluster, positionsOf });
              return { lag, brokers: await admin.brokerCount() };
            } finally {
              await admin.close();
            }
          },
          database,
          logger,
          now: Date.now,
          isSending: config.WEBHOOKS_ENABLED,
        }),
    },
  ];
}
