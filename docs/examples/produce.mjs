/**
 * Writes records as Debezium and services with a schema registry do, so that docs/adopting.md can be followed without them:
 * `node docs/examples/produce.mjs changes`, `outbox` or `protobuf`. KAFKA_BROKERS and SCHEMA_REGISTRY_URL name others than those of
 * npm start.
 */
import kafkajs from 'kafkajs';
import protobuf from 'protobufjs';

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

const parcelProto = `syntax = "proto3";
package shipping;
import "google/protobuf/timestamp.proto";
enum State { UNKNOWN = 0; SENT = 1; LOST = 2; }
message Parcel {
  int64 parcel_id = 1;
  string tenant = 2;
  State state = 3;
  google.protobuf.Timestamp changed_at = 4;
  repeated string items = 5;
}
`;
const registry = process.env.SCHEMA_REGISTRY_URL ?? 'http://127.0.0.1:18081/apis/ccompat/v7';

/** In the wire format of a registry: a zero byte, the id of the schema, the first message of it, the message. */
async function parcel(value) {
  const response = await fetch(`${registry}/subjects/shipping.parcels-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schemaType: 'PROTOBUF', schema: parcelProto }),
  });
  if (!response.ok) throw new Error(`the registry answers ${response.status}: ${await response.text()}`);
  const head = Buffer.alloc(6);
  head.writeInt32BE((await response.json()).id, 1);
  const root = new protobuf.Root().addJSON(protobuf.common.get('google/protobuf/timestamp.proto').nested);
  const type = protobuf.parse(parcelProto, root, { keepCase: true }).root.lookupType('shipping.Parcel');
  const body = type.encode(type.fromObject(value)).finish();
  return { key: String(value.parcel_id), value: Buffer.concat([head, body]) };
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
  protobuf: { topic: 'shipping.parcels', messages: [] },
};

const kind = kinds[process.argv[2]];
if (kind === undefined) throw new Error(`name one of ${Object.keys(kinds).join(', ')}`);
if (kind === kinds.protobuf) {
  const seconds = Math.floor(Date.now() / 1000);
  const sent = { parcel_id: '9007199254740993', tenant: 'acme', state: 'SENT', changed_at: { seconds }, items: ['a'] };
  kind.messages.push(await parcel(sent), await parcel({ ...sent, tenant: '', state: 'LOST' }));
}
// Of a timer of kafkajs, which Node.js 24 warns of and which does no harm.
process.removeAllListeners('warning');
const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.ERROR });
const admin = kafka.admin();
await admin.connect();
const { topic, messages } = kind;
const isThere = (await admin.listTopics()).includes(topic);
const topics = [{ topic, numPartitions: 1, replicationFactor: 1 }];
if (!isThere) await admin.createTopics({ topics, waitForLeaders: true });
await admin.disconnect();
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
await producer.connect();
await producer.send({ topic, messages });
await producer.disconnect();
console.log(`${messages.length} records written to ${topic}`);
