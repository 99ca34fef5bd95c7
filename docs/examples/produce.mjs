/**
 * Writes records as Debezium does, so that docs/adopting.md can be followed without a Debezium:
 * `node docs/examples/produce.mjs changes` or `outbox`. KAFKA_BROKERS names another Kafka than that of npm start.
 */
import kafkajs from 'kafkajs';

const brokers = (process.env.KAFKA_BROKERS ?? '127.0.0.1:19092').split(',');
const source = { version: '3.1.0.Final', connector: 'postgresql', name: 'shop', db: 'shop', schema: 'public' };

/** A change of the table customers. */
function change(op, lsn, before, after) {
  const value = {
    before,
    after,
    source: { ...source, table: 'customers', lsn, ts_ms: Date.now() },
    op,
    ts_ms: Date.now(),
  };
  return { key: JSON.stringify({ id: (after ?? before).id }), value: JSON.stringify(value) };
}

const ada = { id: 1, tenant_id: 'acme', name: 'Ada', plan: 'free' };
const kinds = {
  changes: {
    topic: 'shop.public.customers',
    messages: [
      change('r', 100, null, { id: 7, tenant_id: 'acme', name: 'found by the snapshot' }),
      change('c', 101, null, ada),
      change('u', 102, ada, { ...ada, plan: 'paid' }),
      change('d', 103, { ...ada, plan: 'paid' }, null),
      { key: JSON.stringify({ id: 1 }), value: null },
      change('c', 104, null, { id: 2, name: 'of nobody' }),
    ],
  },
  outbox: {
    topic: 'outbox.event.order',
    messages: [
      {
        key: 'o-17',
        value: JSON.stringify({ orderId: 'o-17', amount: 12.5 }),
        headers: { id: '0b9a7b5e-6f0e-4b57-9c3e-0f6a5a8c2d11', eventType: 'order.placed', tenant: 'acme' },
      },
    ],
  },
};

const kind = kinds[process.argv[2]];
if (kind === undefined) throw new Error(`name one of ${Object.keys(kinds).join(', ')}`);
const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.ERROR });
const admin = kafka.admin();
await admin.connect();
const { topic, messages } = kind;
await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }], waitForLeaders: true });
await admin.disconnect();
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
await producer.connect();
await producer.send({ topic, messages });
await producer.disconnect();
console.log(`${messages.length} records written to ${topic}`);
