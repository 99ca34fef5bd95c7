import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { pageFrom, type PageRequest } from '../../../libs/postgres/page.ts';
import { exportStream } from './export-stream.ts';

/** A list of so many numbers, and what is asked of it. */
function listOf(count: number) {
  const asked: (string | null)[] = [];
  const list = (request: PageRequest<string>) => {
    asked.push(request.after);
    const from = request.after === null ? 0 : Number(request.after) + 1;
    const found = Array.from({ length: Math.min(request.limit + 1, count - from) }, (_, index) => from + index);
    return Promise.resolve(pageFrom(found, request, String));
  };
  return { asked, list };
}

test.each([0, 1, 500, 501, 1_234])('%i items are as many lines', async (count) => {
  const { list } = listOf(count);
  const lines = (await text(exportStream(list, (n) => ({ n })))).split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(
    Array.from({ length: count }, (_, n) => n),
  );
});

test('the next page is asked for when the one before is taken', async () => {
  const { asked, list } = listOf(100_000);
  const stream = exportStream(list, (n) => ({ n, text: 'x'.repeat(200) }));
  stream.read();
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
  expect(asked.length).toBeLessThanOrEqual(2);
  stream.destroy();
});

test('an error of the list breaks it off', async () => {
  const stream = exportStream(
    () => Promise.reject(new Error('away')),
    () => ({}),
  );
  await expect(text(stream)).rejects.toThrow('away');
});
