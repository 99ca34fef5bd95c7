import { expect, test } from '@jest/globals';
import { logLevel } from 'kafkajs';
import type { Logger } from '../../runtime/logger.ts';
import { kafkajsLog } from './kafkajs-log.ts';

function listen() {
  const said: string[] = [];
  const clock = { ms: 0 };
  const at = (level: string) => (_fields: object, message: string) => {
    said.push(`${level} ${message}`);
  };
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  const log = kafkajsLog(logger, () => clock.ms);
  const say = (level: logLevel, message: string) => {
    log({ namespace: 'Connection', level, label: '', log: { timestamp: '', message } });
  };
  return { said, clock, say };
}

test('errors and warnings of kafkajs are warnings, the rest is silence', () => {
  const { said, say } = listen();
  say(logLevel.ERROR, 'Connection error: connect ECONNREFUSED');
  say(logLevel.WARN, 'something odd');
  say(logLevel.INFO, 'Starting');
  say(logLevel.DEBUG, 'Request');
  expect(said).toEqual(['warn Connection error: connect ECONNREFUSED', 'warn something odd']);
});

test('the same message is said once in ten seconds', () => {
  const { said, clock, say } = listen();
  for (let second = 0; second < 30; second += 1) {
    clock.ms = second * 1_000;
    say(logLevel.ERROR, 'Connection error');
    say(logLevel.ERROR, `other ${second}`);
  }
  expect(said.filter((line) => line === 'warn Connection error')).toHaveLength(3);
  expect(said).toHaveLength(33);
});

test.each([
  'Response Heartbeat(key: 12, version: 3)',
  'Limiting retries for the idempotent producer may invalidate EoS guarantees',
  'Connection error: this client was closed',
  'Failed to connect to seed broker, trying another broker from the list: Connection error',
])('%j is not worth a line', (message) => {
  const { said, say } = listen();
  say(logLevel.ERROR, message);
  expect(said).toEqual([]);
});
