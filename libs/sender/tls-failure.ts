/**
 * What is wrong with the TLS of an endpoint, in one sentence for its owner: OpenSSL's own words name its source files and
 * our process. The code that ends a sentence is for whoever looks it up.
 */

/** By OpenSSL's or Node.js's code; of alerts, which are named otherwise in each version of OpenSSL, without the version of TLS. */
const sentences: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'a certificate has expired, the endpoint’s own or one that it sends with it',
  CERT_NOT_YET_VALID: 'a certificate is not valid yet',
  CERT_REVOKED: 'the certificate was revoked',
  CERT_UNTRUSTED: 'the certificate is of a CA that is not trusted',
  CERT_REJECTED: 'the certificate is of a CA that is not trusted for this',
  CERT_SIGNATURE_FAILURE: 'the certificate is not signed by the CA that it names',
  CERT_CHAIN_TOO_LONG: 'the chain of certificates is too long',
  INVALID_CA: 'a certificate in the chain is no CA’s',
  INVALID_PURPOSE: 'the certificate is not one for servers',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by itself and by no CA that is trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is of a CA that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT:
    'the endpoint sends an incomplete chain of certificates, or its CA is not trusted: unable to verify',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the endpoint sends an incomplete chain of certificates, or its CA is not trusted: unable to verify',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the endpoint sends an incomplete chain of certificates, or its CA is not trusted: unable to verify',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the endpoint speaks only TLS 1.0, TLS 1.1 or older; TLS 1.2 is the least',
  ERR_SSL_ALERT_PROTOCOL_VERSION: 'the endpoint refuses TLS 1.2 and TLS 1.3: it may speak only TLS 1.0',
  ERR_SSL_ALERT_NO_APPLICATION_PROTOCOL: 'the endpoint does not offer HTTP/1.1, perhaps only HTTP/2',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the endpoint does not speak TLS on this port; a URL without it begins with http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the endpoint does not speak TLS on this port; a URL without it begins with http://',
  ERR_SSL_HTTP_REQUEST: 'the endpoint does not speak TLS on this port; a URL without it begins with http://',
  ERR_SSL_ALERT_CERTIFICATE_REQUIRED: 'the endpoint wants a client certificate',
  ERR_SSL_ALERT_HANDSHAKE_FAILURE:
    'the endpoint ended the handshake: it wants a client certificate, or has no cipher that is still considered safe',
  ERR_SSL_ALERT_BAD_CERTIFICATE: 'the endpoint wants a client certificate, or another one',
  ERR_SSL_ALERT_CERTIFICATE_UNKNOWN: 'the endpoint does not accept the client certificate',
  ERR_SSL_ALERT_CERTIFICATE_EXPIRED: 'the endpoint says that the client certificate has expired',
  ERR_SSL_ALERT_CERTIFICATE_REVOKED: 'the endpoint says that the client certificate was revoked',
  ERR_SSL_ALERT_UNSUPPORTED_CERTIFICATE: 'the endpoint does not accept this kind of client certificate',
  ERR_SSL_ALERT_UNKNOWN_CA: 'the endpoint does not know the CA of the client certificate',
  ERR_SSL_ALERT_ACCESS_DENIED: 'the endpoint refuses the client certificate',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'the endpoint does not serve this host name',
  ERR_SSL_ALERT_INTERNAL_ERROR: 'the endpoint had an internal error during the handshake',
  ERR_SSL_ALERT_ILLEGAL_PARAMETER: 'the endpoint ended the handshake: it refuses what modern TLS sends',
  ERR_SSL_DH_KEY_TOO_SMALL: 'the endpoint’s key exchange is too weak (DH key too small)',
  ERR_SSL_EE_KEY_TOO_SMALL: 'the key of the certificate is too small',
  ERR_SSL_CA_MD_TOO_WEAK: 'the certificate is signed by a hash that is no longer considered safe',
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: 'the endpoint speaks an old TLS without secure renegotiation',
  ECONNRESET: 'the endpoint closed the connection during the handshake',
  EPIPE: 'the endpoint closed the connection during the handshake',
  ETIMEDOUT: 'the endpoint fell silent during the handshake',
};

export function describeTlsFailure(error: Error): string {
  const code = tlsCodeOf(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate is for other names than this host${named(error)} (${code})`;
  }
  // OpenSSL has a code for the handshake alone; of the check of the chain there are only words.
  if (/certificate key too (?:weak|small)/i.test(error.message)) return 'the key of a certificate is too small';
  const sentence = sentences[code.replace(/^ERR_SSL_(SSL|TLS)[A-Z0-9_/]*_ALERT_/, 'ERR_SSL_ALERT_')];
  if (sentence !== undefined) return `${sentence} (${code})`;
  const reason = plainReason(error);
  return code === '' ? reason : `${reason} (${code})`;
}

/** After the handshake too: with TLS 1.3 a client certificate is refused only then. */
export function isTlsError(error: Error): boolean {
  return /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE))/.test(
    tlsCodeOf(error),
  );
}

/** Of an error that came while something was written, the code says no more than that: its text does. */
function tlsCodeOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code !== 'EPROTO') return code;
  const reason = opensslReason(error);
  return reason === null ? code : `ERR_SSL_${reason.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
}

/** `error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:../deps/openssl/…` */
function opensslReason({ message }: Error): string | null {
  return /error:[0-9A-F]+:[^:]*:[^:]*:([^:\n]+)/.exec(message)?.[1]?.trim() ?? null;
}

/** The first line, without OpenSSL's places in its source and Node.js's advice for who starts it. */
function plainReason(error: Error): string {
  const [line = ''] = (opensslReason(error) ?? error.message).split(/[\n;]/);
  return line.trim();
}

/** Those that the certificate is for. */
function named(error: Error): string {
  const names =
    'cert' in error && typeof error.cert === 'object' && error.cert !== null && 'subjectaltname' in error.cert
      ? String(error.cert.subjectaltname).replace(/\b(DNS|IP Address):/g, '')
      : '';
  const shown = names.length > 200 ? `${names.slice(0, 200)}…` : names;
  return shown === '' ? '' : `: ${shown}`;
}
