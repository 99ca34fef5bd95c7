import { expect, test } from '@jest/globals';
import { createAuthority } from '../../test/support/receivers/certificates.ts';
import { checkTls, showTls } from './tls-material.ts';

const authority = createAuthority();
const { cert, key } = authority.issue();
const ca = authority.cert;
const expired = authority.issue({ endsInDays: -1 });
const now = Date.now();

test.each([[{ ca }], [{ cert, key }], [{ ca, cert, key }], [{ ca: `${ca}\n${createAuthority().cert}` }], [{}]])(
  'is taken: %#',
  (material) => {
    expect(checkTls(material, now)).toEqual([]);
  },
);

test.each<[object, string[]]>([
  [{ ca: 'x' }, ['ca pem']],
  [{ ca: '' }, ['ca pem']],
  [{ ca: ca.replace(/\n./, '\n!') }, ['ca pem']],
  [{ ca: key }, ['ca pem']],
  [{ ca: ca.repeat(21) }, ['ca count']],
  [{ cert }, ['key together']],
  [{ key }, ['cert together']],
  [{ cert: key, key: cert }, ['cert pem', 'key pem']],
  [{ cert, key: authority.issue().key }, ['key pair']],
  [{ cert: expired.cert, key: expired.key }, ['cert expired']],
])('is refused: %#', (material, expected) => {
  expect(checkTls(material, now).map(({ member, rule }) => `${member} ${rule}`)).toEqual(expected);
});

test('is shown by names and fingerprints, never the key', () => {
  const shown = showTls({ ca, cert, key });
  const fingerprint256 = expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  const validTo = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(shown).toEqual({
    ca: [{ subject: 'CN=Test CA', issuer: 'CN=Test CA', validTo, fingerprint256 }],
    cert: [{ subject: 'CN=Test endpoint', issuer: 'CN=Test CA', validTo, fingerprint256 }],
    key: '********',
  });
  expect(showTls({ ca })).toMatchObject({ cert: null, key: null });
});
