/**
 * Bytes of what waits, outside the heap of the garbage collector. In: values of any length. Out: a handle each, and
 * copies of them.
 * Holds: what is reserved is what is stored, rounded up to chunks, in blocks of 1 MiB; a block that is empty is let go.
 *
 * A Buffer of its own for each of a hundred thousand values would cost 400 bytes beside them and time at each
 * collection; slices of a shared one would keep it whole as long as one of them waits.
 */

const chunkBytes = 256;
const chunksPerBlock = 4_096;
const blockBytes = chunkBytes * chunksPerBlock;
const lengthBytes = 4;
const none = -1;

interface Block {
  readonly bytes: Buffer;
  /** Of each chunk the one that follows it: in its value, or among the free ones of this block. */
  readonly next: Int32Array;
  free: number;
  used: number;
}

export class ValueStore {
  private readonly blocks: (Block | null)[] = [];
  /** No block before this one has a free chunk. */
  private firstFree = 0;
  private usedChunks = 0;

  /** What the values take that are stored, in bytes. */
  get usedBytes(): number {
    return this.usedChunks * chunkBytes;
  }

  /** Memory that is taken from the system, in bytes. */
  get reservedBytes(): number {
    return this.blocks.reduce((sum, block) => sum + (block === null ? 0 : blockBytes), 0);
  }

  /** What a value of so many bytes takes. */
  static bytesFor(length: number): number {
    return Math.ceil((length + lengthBytes) / chunkBytes) * chunkBytes;
  }

  /** @returns the handle for {@link take} and {@link drop} */
  put(value: Buffer): number {
    const first = this.allocate();
    const head = this.chunk(first);
    head.block.bytes.writeUInt32LE(value.length, head.start);
    let copied = value.copy(head.block.bytes, head.start + lengthBytes, 0, chunkBytes - lengthBytes);
    let last = head;
    while (copied < value.length) {
      const index = this.allocate();
      last.block.next[last.place] = index;
      last = this.chunk(index);
      copied += value.copy(last.block.bytes, last.start, copied, copied + chunkBytes);
    }
    last.block.next[last.place] = none;
    return first;
  }

  /** The value; its place is free afterwards. */
  take(handle: number): Buffer {
    const head = this.chunk(handle);
    const value = Buffer.allocUnsafe(head.block.bytes.readUInt32LE(head.start));
    let copied = head.block.bytes.copy(value, 0, head.start + lengthBytes, head.start + chunkBytes);
    for (let index = head.block.next[head.place] ?? none; index !== none;) {
      const { block, place, start } = this.chunk(index);
      copied += block.bytes.copy(value, copied, start, start + chunkBytes);
      index = block.next[place] ?? none;
    }
    this.drop(handle);
    return value;
  }

  drop(handle: number): void {
    for (let index = handle; index !== none;) {
      const { block, place } = this.chunk(index);
      const following = block.next[place] ?? none;
      this.release(index, block, place);
      index = following;
    }
  }

  private allocate(): number {
    let number = this.firstFree;
    while (this.blocks[number]?.free === none) number += 1;
    this.firstFree = number;
    const block = this.blocks[number] ?? newBlock();
    this.blocks[number] = block;
    const place = block.free;
    block.free = block.next[place] ?? none;
    block.used += 1;
    this.usedChunks += 1;
    return number * chunksPerBlock + place;
  }

  private release(index: number, block: Block, place: number): void {
    const number = Math.floor(index / chunksPerBlock);
    this.firstFree = Math.min(this.firstFree, number);
    block.next[place] = block.free;
    block.free = place;
    block.used -= 1;
    this.usedChunks -= 1;
    if (block.used === 0) this.blocks[number] = null;
  }

  private chunk(index: number): { readonly block: Block; readonly place: number; readonly start: number } {
    const place = index % chunksPerBlock;
    const block = this.blocks[Math.floor(index / chunksPerBlock)];
    if (block === null || block === undefined) throw new RangeError(`no chunk ${index}`);
    return { block, place, start: place * chunkBytes };
  }
}

function newBlock(): Block {
  const next = new Int32Array(chunksPerBlock);
  for (let place = 0; place < chunksPerBlock; place += 1) next[place] = place + 1;
  next[chunksPerBlock - 1] = none;
  return { bytes: Buffer.allocUnsafeSlow(blockBytes), next, free: 0, used: 0 };
}

type Headers = Readonly<Record<string, Buffer>>;

const noHeaders: Headers = Object.freeze({});

/** Of the headers of a record, which seldom has any: they are slices of what was fetched, like its value. */
export function copyOf(headers: Headers): Headers {
  const names = Object.keys(headers);
  if (names.length === 0) return noHeaders;
  return Object.fromEntries(names.map((name) => [name, Buffer.from(headers[name] ?? '')]));
}
