import { expect, test } from '@jest/globals';
import { EventBlocks } from './event-blocks.ts';

const stream =
  'retry: 2000\n: connected\nid: 0-1\n\nid: 0-2\nevent: outcome\ndata: {"a":1}\n\n: alive\nid: 0-3\n\ndata: one\ndata: two\n\n';
const blocks = [
  { id: '0-1', event: 'message', data: null },
  { id: '0-2', event: 'outcome', data: '{"a":1}' },
  { id: '0-3', event: 'message', data: null },
  { id: null, event: 'message', data: 'one\ntwo' },
];

test('an id without data counts', () => {
  expect(new EventBlocks().feed(stream)).toEqual(blocks);
});

test('it does not matter where the stream is cut, nor how lines end', () => {
  for (const text of [stream, stream.replaceAll('\n', '\r\n')]) {
    const parser = new EventBlocks();
    expect(Array.from(text).flatMap((letter) => parser.feed(letter))).toEqual(blocks);
  }
});

test('a line without an end is given up', () => {
  const parser = new EventBlocks();
  expect(() => parser.feed('x'.repeat(1024 * 1024 + 1))).toThrow('no end');
});
