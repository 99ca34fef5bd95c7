/**
 * Server-sent events out of a stream of text (WHATWG HTML, section 9.2). Pure. What must hold: an id that comes without
 * data counts, since with it the API says where a stream stands in which nothing happened.
 */

export interface EventBlock {
  /** Null: the block has none, and the one before goes on to count. */
  readonly id: string | null;
  readonly event: string;
  /** Null: there is nothing to hand out. */
  readonly data: string | null;
}

/** More without a line end is no stream of ours. */
const lineMax = 1024 * 1024;

export class EventBlocks {
  private rest = '';
  private id: string | null = null;
  private event = '';
  private data: string[] = [];

  /** @returns the blocks that this text ends @throws Error when a line grows without end */
  feed(text: string): EventBlock[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    if (this.rest.length > lineMax) throw new Error('a line of the stream has no end');
    return lines.flatMap((line) => this.take(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  private take(line: string): EventBlock[] {
    if (line === '') return this.end();
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name === 'id') this.id = value;
    else if (name === 'event') this.event = value;
    else if (name === 'data') this.data.push(value);
    return [];
  }

  private end(): EventBlock[] {
    const { id, event, data } = this;
    this.id = null;
    this.event = '';
    this.data = [];
    if (id === null && data.length === 0) return [];
    return [{ id, event: event === '' ? 'message' : event, data: data.length === 0 ? null : data.join('\n') }];
  }
}
