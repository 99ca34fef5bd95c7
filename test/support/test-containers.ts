/** The same servers as containers, for machines with Docker: TEST_STACK=containers. */
import type { ServerName } from './test-servers.ts';

interface RunningContainer {
  readonly address: string;
  stop(): Promise<unknown>;
}

const images = {
  kafka: 'apache/kafka:4.4.0',
  registry: 'apicurio/apicurio-registry:3.0.9',
  postgres: 'postgres:18',
} as const;

export async function startContainer(name: ServerName): Promise<RunningContainer> {
  switch (name) {
    case 'kafka':
      return startKafkaContainer();
    case 'registry':
      return startRegistryContainer();
    case 'postgres':
      return startPostgresContainer();
  }
}

async function startKafkaContainer(): Promise<RunningContainer> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const { freePorts } = await import('../../stack/ports.ts');
  // A broker tells its clients where it is, so its port outside must be known before it starts.
  const [port = 0] = await freePorts(1);
  const container = await new GenericContainer(images.kafka)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return { address: `${container.getHost()}:${port}`, stop: () => container.stop() };
}

async function startRegistryContainer(): Promise<RunningContainer> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(images.registry)
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080).forStatusCode(200))
    .start();
  const address = `http://${container.getHost()}:${container.getMappedPort(8080)}/apis/ccompat/v7`;
  return { address, stop: () => container.stop() };
}

async function startPostgresContainer(): Promise<RunningContainer> {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(images.postgres).withCommand(['-c', 'max_connections=200']).start();
  return { address: container.getConnectionUri(), stop: () => container.stop() };
}
