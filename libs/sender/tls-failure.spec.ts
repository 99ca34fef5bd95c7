import { expect, test } from '@jest/globals';
import { describeTlsFailure, isTlsError } from './tls-failure.ts';

const failure = (code: string, message: string) => Object.assign(new Error(message), { code });

test.each([
  [
    'while it was written, the code is in the text',
    'EPROTO',
    'write EPROTO 400DE580EA7F0000:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:916:SSL alert number 116\n',
    'the endpoint wants a client certificate (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
  ],
  [
    'of no known code, only the reason is told',
    'ERR_SSL_SOMETHING_NEW',
    '400DE580EA7F0000:error:0A00042E:SSL routines:ssl3_read_bytes:something new:../deps/openssl/ssl.c:1:\n',
    'something new (ERR_SSL_SOMETHING_NEW)',
  ],
  [
    'advice for our process is left out',
    'CERT_STRANGE',
    'unable to check; if the root CA is installed locally, try running Node.js with --use-system-ca',
    'unable to check (CERT_STRANGE)',
  ],
])('#49 %s', (_what, code, message, sentence) => {
  expect(describeTlsFailure(failure(code, message))).toBe(sentence);
  expect(isTlsError(failure(code, message))).toBe(true);
});

test('a certificate with a key that is too weak, for which OpenSSL has no code', () => {
  const error = failure('UNSPECIFIED', 'EE certificate key too weak');
  expect(describeTlsFailure(error)).toBe('the key of a certificate is too small');
});

test('the names of a certificate are told', () => {
  const error = Object.assign(failure('ERR_TLS_CERT_ALTNAME_INVALID', 'Hostname mismatch'), {
    cert: { subjectaltname: 'DNS:a.example, DNS:*.b.example, IP Address:127.0.0.9' },
  });
  expect(describeTlsFailure(error)).toBe(
    'the certificate is for other names than this host: a.example, *.b.example, 127.0.0.9 (ERR_TLS_CERT_ALTNAME_INVALID)',
  );
});

test('a connection that breaks is no error of TLS by itself', () => {
  expect(isTlsError(failure('ECONNRESET', 'read ECONNRESET'))).toBe(false);
});
