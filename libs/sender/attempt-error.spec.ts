import { expect, test } from '@jest/globals';
import { attemptFailure } from './attempt-error.ts';

const connecting = { phase: 'connecting', hasAnswerBegun: false, mayWantCertificate: false } as const;

const refusedBy = (address: string) =>
  Object.assign(new Error(`connect ECONNREFUSED ${address}:8443`), { code: 'ECONNREFUSED', address, port: 8443 });

test('of a machine inside, no failure names the address', () => {
  const failure = (error: Error) => attemptFailure(error, connecting).message;
  expect(failure(refusedBy('10.1.2.3'))).toBe('no connection: connect ECONNREFUSED a private address:8443');
  expect(failure(refusedBy('fd00::7'))).toBe('no connection: connect ECONNREFUSED a private address:8443');
  expect(failure(refusedBy('8.8.8.8'))).toBe('no connection: connect ECONNREFUSED 8.8.8.8:8443');
});

test('of several addresses that were tried, each is judged', () => {
  const error = new AggregateError([refusedBy('8.8.8.8'), refusedBy('10.1.2.3'), refusedBy('10.1.2.4')]);
  expect(attemptFailure(error, connecting).message).toBe(
    'no connection: connect ECONNREFUSED 8.8.8.8:8443; connect ECONNREFUSED a private address:8443',
  );
});
