import { expect, test } from '@jest/globals';
import type { Logger } from '../../runtime/logger.ts';
import { JoinTrouble } from './join-trouble.ts';

const coming = Object.assign(new Error('not the correct coordinator'), { type: 'NOT_COORDINATOR_FOR_GROUP' });
const missing = Object.assign(new Error('no coordinator'), { type: 'GROUP_COORDINATOR_NOT_AVAILABLE' });
const loading = Object.assign(new Error('it loads'), { type: 'GROUP_LOAD_IN_PROGRESS' });
const triedOften = new Error('no coordinator', { cause: missing });
const refused = new Error('connect ECONNREFUSED');
const unauthorized = Object.assign(new Error('no'), { type: 'GROUP_AUTHORIZATION_FAILED' });
/** Between two errors: the group was joined. */
const joined = null;

test.each<[string, [seconds: number, error: Error | null, said?: string][]]>([
  [
    'nothing yet in the first seconds',
    [
      [0, coming, 'debug'],
      [1, missing, 'debug'],
      [9.9, loading, 'debug'],
    ],
  ],
  [
    'the same, told by what tried often',
    [
      [0, triedOften, 'debug'],
      [9.9, triedOften, 'debug'],
    ],
  ],
  [
    'a warning when it lasts, with how long',
    [
      [5, coming, 'debug'],
      [15, coming, 'warn for 10000'],
    ],
  ],
  [
    'that warning now and then',
    [
      [0, missing, 'debug'],
      [12, missing, 'warn for 12000'],
      [15, missing, 'debug'],
      [22, missing, 'warn for 22000'],
    ],
  ],
  [
    'from the beginning after the group was joined',
    [
      [0, coming, 'debug'],
      [5, joined],
      [60, coming, 'debug'],
      [69, coming, 'debug'],
      [70, coming, 'warn for 10000'],
    ],
  ],
  [
    'from the beginning after other trouble',
    [
      [0, refused, 'warn'],
      [9, coming, 'debug'],
      [18, coming, 'debug'],
      [19, coming, 'warn for 10000'],
    ],
  ],
  [
    'a warning at once of anything else',
    [
      [0, refused, 'warn'],
      [20, unauthorized, 'warn'],
    ],
  ],
])('a group that cannot be joined is %s', (_name, steps) => {
  const said: string[] = [];
  let now = 0;
  const at = (level: string) => (fields: object) => {
    const { forMs } = fields as { forMs?: number };
    said.push(level === 'debug' || forMs === undefined ? level : `${level} for ${forMs}`);
  };
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  const trouble = new JoinTrouble(logger, () => now);
  for (const [seconds, error] of steps) {
    now = seconds * 1_000;
    if (error === null) trouble.over();
    else trouble.say(error, 100);
  }
  expect(said).toEqual(steps.flatMap(([, , line]) => line ?? []));
});
