/** Schemas in a real registry (Apicurio), and values in the frames of its serializers and of Confluent's. */

const definitions = {
  wrongDefault: avro([{ name: 'a', type: ['null', 'int'], default: 0 }]),
  text: avro([{ name: 'a', type: 'string' }]),
  nullFirst: avro([
    { name: 'n', type: ['null', 'string'] },
    { name: 'a', type: 'string' },
  ]),
  float: avro([{ name: 'a', type: 'float' }]),
  envelope: avro([
    ...['id', 'source', 'specversion', 'type'].map((name) => ({ name, type: 'string' })),
    { name: 'time', type: ['null', 'string'], default: null },
    { name: 'clientid', type: 'string' },
    { name: 'data', type: { type: 'record', name: 'Data', fields: [{ name: 'a', type: 'int' }] } },
  ]),
  json: { schemaType: 'JSON', schema: '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}' },
  proto: { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; package shop; message Order { int64 a = 1; }' },
} as const;

type SchemaName = keyof typeof definitions;

function avro(fields: readonly object[]): { schemaType: string; schema: string } {
  return { schemaType: 'AVRO', schema: JSON.stringify({ type: 'record', name: 'R', fields }) };
}

interface Ids {
  readonly contentId: number;
  readonly globalId: number;
}

export class RegisteredSchemas {
  private readonly ids: ReadonlyMap<string, Ids>;

  private constructor(ids: ReadonlyMap<string, Ids>) {
    this.ids = ids;
  }

  /** @param prefix of the subjects */
  static async register(registryUrl: string, prefix: string): Promise<RegisteredSchemas> {
    const ids = new Map<string, Ids>();
    for (const [name, body] of Object.entries(definitions)) {
      const { id: contentId } = (await ask(`${registryUrl}/subjects/${prefix}${name}-value/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify(body),
      })) as { id: number };
      const search = new URL(`/apis/registry/v3/search/versions?contentId=${contentId}`, registryUrl);
      const { versions } = (await ask(search.href)) as { versions: readonly { globalId: number }[] };
      ids.set(name, { contentId, globalId: versions[0]?.globalId ?? 0 });
    }
    return new RegisteredSchemas(ids);
  }

  /** A zero byte, the id in four. */
  framed(name: SchemaName, bytes: readonly number[]): Buffer {
    const head = Buffer.alloc(5);
    head.writeInt32BE(this.of(name).contentId, 1);
    return Buffer.concat([head, Buffer.from(bytes)]);
  }

  /** A zero byte, the global id in eight. */
  longFramed(name: SchemaName, bytes: readonly number[]): Buffer {
    return Buffer.concat([Buffer.from([0]), long(this.of(name).globalId), Buffer.from(bytes)]);
  }

  inHeader(name: SchemaName): Readonly<Record<string, Buffer>> {
    return { 'apicurio.value.globalId': long(this.of(name).globalId) };
  }

  /** A CloudEvent whose envelope is in the value, as Debezium writes it. */
  envelope(id: string): Buffer {
    const texts = [id, '/orders', '1.0', 'order.created'].map(avroText);
    return this.framed('envelope', [
      ...Buffer.concat([...texts, Buffer.from([0]), avroText('acme'), Buffer.from([2])]),
    ]);
  }

  private of(name: SchemaName): Ids {
    const ids = this.ids.get(name);
    if (ids === undefined) throw new Error(`the schema ${name} is not registered`);
    return ids;
  }
}

function long(id: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(id));
  return bytes;
}

/** Its length in zigzag, of one byte, and itself. */
function avroText(text: string): Buffer {
  return Buffer.concat([Buffer.from([2 * Buffer.byteLength(text)]), Buffer.from(text)]);
}

async function ask(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
  return response.json();
}
