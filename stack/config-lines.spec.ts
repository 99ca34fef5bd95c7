import { expect, test } from '@jest/globals';
import { numberKey, optionalKey, stringKey } from '../libs/runtime/config.ts';
import { configLines } from './config-lines.ts';

test('each key is shown with its effective value, said ones marked, secrets and passwords masked', () => {
  const spec = {
    HTTP_PORT: numberKey({ description: 'port', default: '3001', min: 0, max: 65_535 }),
    ADMIN_API_KEY: optionalKey({ description: 'key', secret: true }),
    DATABASE_URL: stringKey({ description: 'database', default: 'postgresql://u:p@h/d' }),
  };
  expect(configLines([{ app: 'fanout', spec, env: { ADMIN_API_KEY: 'very secret' } }])).toEqual([
    'fanout',
    '  HTTP_PORT        3001',
    '  ADMIN_API_KEY  * ********',
    '  DATABASE_URL     postgresql://********@h/d',
    '',
  ]);
});
