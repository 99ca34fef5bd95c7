/**
 * A Kafka broker as far as a client can see: a TCP server that keeps the requests that it gets and answers them as it is
 * told to. For what a real one does too rarely to be tested.
 */
import { createServer, type Server, type Socket } from 'node:net';

export interface BrokerRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Behind the header. */
  readonly body: Buffer;
}

/** The body of the answer; 'nothing': none comes; 'cut': the connection ends instead. */
export type BrokerAnswer = Buffer | 'nothing' | 'cut';

export const apiKeys = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  offsetCommit: 8,
  offsetFetch: 9,
  findCoordinator: 10,
  joinGroup: 11,
  heartbeat: 12,
  leaveGroup: 13,
  syncGroup: 14,
  apiVersions: 18,
  initProducerId: 22,
};

/** What kafkajs speaks with present brokers. */
const versions: Readonly<Record<number, readonly [min: number, max: number]>> = {
  [apiKeys.produce]: [3, 7],
  [apiKeys.fetch]: [4, 11],
  [apiKeys.listOffsets]: [0, 3],
  [apiKeys.metadata]: [0, 6],
  [apiKeys.offsetCommit]: [0, 5],
  [apiKeys.offsetFetch]: [0, 4],
  [apiKeys.findCoordinator]: [0, 2],
  [apiKeys.joinGroup]: [0, 5],
  [apiKeys.heartbeat]: [0, 3],
  [apiKeys.leaveGroup]: [0, 3],
  [apiKeys.syncGroup]: [0, 3],
  [apiKeys.apiVersions]: [0, 2],
  [apiKeys.initProducerId]: [0, 1],
};

type Answering = (request: BrokerRequest, broker: FakeBroker) => BrokerAnswer | Promise<BrokerAnswer>;

export class FakeBroker {
  readonly requests: BrokerRequest[] = [];
  port = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly answer: Answering;
  /** What it was asked while it is frozen; null: it is not. */
  private frozen: (() => void)[] | null = null;

  /** `answer` is asked for all but the versions. */
  constructor(answer: Answering) {
    this.answer = answer;
    this.server = createServer((socket) => {
      this.serve(socket);
    });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** It takes connections and requests, and answers nothing until {@link thaw}. */
  freeze(): void {
    this.frozen ??= [];
  }

  /** What was asked meanwhile is answered now. */
  thaw(): void {
    const asked = this.frozen ?? [];
    this.frozen = null;
    for (const answer of asked) answer();
  }

  /** Bodies of the requests of that kind. */
  bodies(apiKey: number): Buffer[] {
    return this.requests.filter((request) => request.apiKey === apiKey).map(({ body }) => body);
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as { port: number }).port;
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const end = 4 + bytes.readInt32BE(0);
        this.take(socket, bytes.subarray(4, end));
        bytes = bytes.subarray(end);
      }
    });
  }

  private take(socket: Socket, frame: Buffer): void {
    const clientIdBytes = Math.max(frame.readInt16BE(8), 0);
    const request = {
      apiKey: frame.readInt16BE(0),
      apiVersion: frame.readInt16BE(2),
      body: Buffer.from(frame.subarray(10 + clientIdBytes)),
    };
    this.requests.push(request);
    if (this.frozen === null) this.answerTo(socket, frame, request);
    else
      this.frozen.push(() => {
        this.answerTo(socket, frame, request);
      });
  }

  private answerTo(socket: Socket, frame: Buffer, request: BrokerRequest): void {
    const answer = request.apiKey === apiKeys.apiVersions ? versionsAnswer() : this.answer(request, this);
    if (answer instanceof Promise) {
      void answer.then((late) => {
        this.reply(socket, frame, late);
      });
    } else this.reply(socket, frame, answer);
  }

  private reply(socket: Socket, frame: Buffer, answer: BrokerAnswer): void {
    if (answer === 'nothing' || socket.destroyed) return;
    if (this.frozen !== null) {
      this.frozen.push(() => {
        this.reply(socket, frame, answer);
      });
      return;
    }
    if (answer === 'cut') {
      socket.destroy();
      return;
    }
    const head = Buffer.alloc(8);
    head.writeInt32BE(answer.length + 4, 0);
    frame.copy(head, 4, 4, 8); // the correlation id
    socket.write(Buffer.concat([head, answer]));
  }
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

export function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}

export function list<T>(items: readonly T[], write: (item: T) => Buffer): Buffer {
  return Buffer.concat([int32(items.length), ...items.map(write)]);
}

function versionsAnswer(): Buffer {
  const entries = list(Object.entries(versions), ([key, [min, max]]) =>
    Buffer.concat([int16(Number(key)), int16(min), int16(max)]),
  );
  return Buffer.concat([int16(0), entries, int32(0)]);
}

export interface TopicAnswer {
  readonly topic: string;
  readonly errorCode?: number;
  /** Nodes by partition; -1: no leader, which is an error of that partition. */
  readonly leaders: readonly number[];
}

/** Metadata, version 6. Nodes are numbered as they are given. */
export function metadataAnswer(nodes: readonly FakeBroker[], topics: readonly TopicAnswer[]): Buffer {
  const none = int32(0);
  return Buffer.concat([
    int32(0),
    list([...nodes.entries()], ([id, { port }]) =>
      Buffer.concat([int32(id), text('127.0.0.1'), int32(port), int16(-1)]),
    ),
    text('cluster'),
    int32(0),
    list(topics, ({ topic, errorCode = 0, leaders }) =>
      Buffer.concat([
        int16(errorCode),
        text(topic),
        Buffer.from([0]),
        list([...leaders.entries()], ([partition, leader]) =>
          Buffer.concat([int16(leader < 0 ? 5 : 0), int32(partition), int32(leader), none, none, none]),
        ),
      ]),
    ),
  ]);
}

/** InitProducerId, version 1. */
export function producerIdAnswer(producerId: bigint): Buffer {
  return Buffer.concat([int32(0), int16(0), int64(producerId), int16(0)]);
}

/** Produce, version 7: an error code for each partition. */
export function produceAnswer(
  topics: readonly {
    readonly topic: string;
    readonly codes: readonly (readonly [partition: number, code: number])[];
  }[],
): Buffer {
  return Buffer.concat([
    list(topics, ({ topic, codes }) =>
      Buffer.concat([
        text(topic),
        list(codes, ([partition, code]) =>
          Buffer.concat([int32(partition), int16(code), int64(0n), int64(-1n), int64(0n)]),
        ),
      ]),
    ),
    int32(0),
  ]);
}
