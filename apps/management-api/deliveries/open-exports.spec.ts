import { createServer, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { until } from '../../../test/support/until.ts';
import { OpenExports } from './open-exports.ts';
import { ConcurrencyQuota } from '../access/concurrency-quota.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const caller = { owner: 'c', authorization: 'Bearer k' };

/** A server that exports without an end to whoever asks, two at a time, and a clock that is turned by hand. */
async function exporting() {
  let now = 0;
  const revoke: (() => void)[] = [];
  const warned: string[] = [];
  const exports = new OpenExports({
    places: new ConcurrencyQuota({ perOwnerMax: 2, max: 10 }),
    reauthorization: {
      watch: (_authorization, end) => {
        revoke.push(end);
        return () => undefined;
      },
    },
    logger: { warn: (_fields, message) => void warned.push(message) },
    lookMs: 5,
    now: () => now,
  });
  const piece = 'x'.repeat(65_536);
  const server = createServer((_request, response) => {
    const stream = exports.open(caller, () =>
      Readable.from(
        (function* () {
          for (;;) yield piece;
        })(),
        { objectMode: false },
      ).on('error', () => undefined),
    );
    stream.on('error', () => response.destroy());
    response.on('close', () => stream.destroy());
    stream.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    exports,
    warned,
    revoke: () => {
      for (const end of revoke) end();
    },
    turn: (ms: number) => {
      now += ms;
    },
    ask: async () => {
      const [answer] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [IncomingMessage];
      answer.on('error', () => undefined);
      return answer;
    },
  };
}

function isTaken(exports: OpenExports): boolean {
  try {
    exports.open(caller, () => Readable.from([])).destroy();
    return false;
  } catch {
    return true;
  }
}

test('an export whose reader takes nothing for a minute is broken off, and its place is free', async () => {
  const { exports, warned, turn, ask } = await exporting();
  const answers = [await ask(), await ask()];
  expect(isTaken(exports)).toBe(true);
  // By now everything between the two is full.
  await new Promise((resolve) => setTimeout(resolve, 300));
  turn(59_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([warned, isTaken(exports)]).toEqual([[], true]);
  turn(2_000);
  await until(() => !isTaken(exports), { timeoutMs: 5_000 });
  expect(warned).toEqual(answers.map(() => 'an export was cut off: its reader stopped reading'));
  // What came is not taken for the whole: the answer has no end.
  const [first] = answers;
  const failed = once(first ?? new Readable(), 'aborted');
  first?.resume();
  await failed;
  expect(first?.complete).toBe(false);
});

test('a reader that goes on reading may take as long as it likes', async () => {
  const { exports, warned, turn, ask } = await exporting();
  const answer = await ask();
  for (let time = 0; time < 8; time += 1) {
    let taken = 0;
    while (taken < 8 * 1_048_576) {
      const chunk = answer.read() as Buffer | null;
      if (chunk === null) await once(answer, 'readable');
      else taken += chunk.length;
    }
    turn(50_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect(warned).toEqual([]);
  answer.destroy();
  await until(() => !isTaken(exports), { timeoutMs: 5_000 });
});

test('an export whose key is good no longer is broken off', async () => {
  const { exports, warned, revoke, ask } = await exporting();
  const answers = [await ask(), await ask()];
  for (const answer of answers) answer.resume();
  revoke();
  await until(() => !isTaken(exports), { timeoutMs: 5_000 });
  expect(warned).toEqual(answers.map(() => 'an export was cut off: its key is no longer valid'));
});
