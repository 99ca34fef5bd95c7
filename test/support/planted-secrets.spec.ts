import { expect, test } from '@jest/globals';
import { PlantedSecrets } from './planted-secrets.ts';

const secrets = new PlantedSecrets();
secrets.plant('the secret of a webhook', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
secrets.plant('a header', 'top secret+value/here');

test.each([
  ['{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}', ['the secret of a webhook']],
  ['key MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', ['the secret of a webhook']],
  ['GET /?a=top%20secret%2Bvalue%2Fhere', ['a header']],
  ['whsec_ is how they begin', []],
])('%s', (text, found) => {
  expect(secrets.foundIn(text)).toEqual(found);
});

test('a failure names what was found and where, not the secret', () => {
  expect(() => {
    secrets.refuseIn('the log of fanout', 'x top secret+value/here x');
  }).toThrow('the log of fanout holds a header');
});

test('what could be anywhere by chance is not taken', () => {
  expect(() => {
    secrets.plant('a password', 'webhooks');
  }).toThrow('too short');
});
