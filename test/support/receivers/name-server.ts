/** A name server on loopback whose answers may change from question to question (RFC 1035, section 4). */
import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

/** Addresses for the n-th question (from 0) about a name and type; null: no such name; 'silent': no answer at all. */
export type Names = (name: string, index: number, type: 'A' | 'AAAA') => readonly string[] | null | 'silent';

/** A name that changes its answer (rebinding): the first question gets the first address, every later one the second. */
export function changing(first: string, then: string): Names {
  return (_name, index) => [index === 0 ? first : then];
}

export interface NameServer {
  /** As NameResolver takes it: address and port. */
  readonly address: string;
  /** Names asked for, each once per question and family. */
  readonly questions: readonly string[];
  close(): Promise<void>;
}

const typeA = 1;
const typeAaaa = 28;

export async function startNameServer(names: Names): Promise<NameServer> {
  const socket = createSocket('udp4');
  const questions: string[] = [];
  const asked = new Map<string, number>();
  socket.on('message', (query, peer) => {
    const { name, type, end } = readQuestion(query);
    questions.push(name);
    const key = `${name} ${type}`;
    const index = asked.get(key) ?? 0;
    asked.set(key, index + 1);
    const found = names(name, index, type === typeA ? 'A' : 'AAAA');
    if (found !== 'silent') socket.send(answerTo(query, end, type, found), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    close: () =>
      new Promise((resolve) => {
        socket.close(resolve);
      }),
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let offset = 12;
  for (let length = query.readUInt8(offset); length > 0; length = query.readUInt8(offset)) {
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(offset + 1), end: offset + 5 };
}

function answerTo(query: Buffer, questionEnd: number, type: number, found: readonly string[] | null): Buffer {
  const records = (found ?? [])
    .filter((address) => (isIPv4(address) ? typeA : typeAaaa) === type)
    .map((address) => record(type, address));
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(found === null ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, questionEnd), ...records]);
}

/** The name is a pointer to the question, the time to live is zero. */
function record(type: number, address: string): Buffer {
  const data = type === typeA ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
  const head = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]);
  return Buffer.concat([head, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [left = '', right = ''] = address.split('::');
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const zeros = Array.from({ length: 8 - words(left).length - words(right).length }, () => '0');
  const all = address.includes('::') ? [...words(left), ...zeros, ...words(right)] : words(left);
  return Buffer.concat(all.map((word) => Buffer.from(word.padStart(4, '0'), 'hex')));
}
