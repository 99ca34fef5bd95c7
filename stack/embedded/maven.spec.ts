import { expect, test } from '@jest/globals';
import { downloadProgress } from './maven.ts';

test.each([
  ['Progress (1): 4.1/109 MB', '4.1/109 MB'],
  ['Progress (2): 50 kB   ', '50 kB'],
  [
    'Downloading from central: https://repo.example/maven2/org/apache/kafka/kafka_2.13/4.4.0/kafka_2.13-4.4.0.jar',
    'kafka_2.13-4.4.0.jar',
  ],
  ['[INFO] BUILD SUCCESS', null],
  ['', null],
])('%p tells %p', (line, told) => {
  expect(downloadProgress(line)).toBe(told);
});
