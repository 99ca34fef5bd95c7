/** Reads the body of a request of the Kafka protocol, in the versions before the flexible ones. */
export class RequestReader {
  private readonly body: Buffer;
  private at = 0;

  constructor(body: Buffer) {
    this.body = body;
  }

  int8(): number {
    this.at += 1;
    return this.body.readInt8(this.at - 1);
  }

  int16(): number {
    this.at += 2;
    return this.body.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.body.readInt32BE(this.at - 4);
  }

  int64(): bigint {
    this.at += 8;
    return this.body.readBigInt64BE(this.at - 8);
  }

  text(): string {
    return this.nullableText() ?? '';
  }

  nullableText(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.take(length).toString('utf8');
  }

  bytes(): Buffer {
    return this.take(Math.max(0, this.int32()));
  }

  /** None of one that is null. */
  list<Item>(read: () => Item): Item[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  private take(length: number): Buffer {
    this.at += length;
    return this.body.subarray(this.at - length, this.at);
  }
}
