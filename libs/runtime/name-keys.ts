/** Keys that are names which others have rules for: topics, headers, mail addresses, certificates, keys. */
import { X509Certificate } from 'node:crypto';
import { filledListKey, makeKey, type ConfigKey, type KeyText } from './config.ts';
import { SecretBox } from './secret-box.ts';
import { hiddenText, quoted } from './masked-value.ts';

/** Of topics, groups and members, by Kafka's own rule; 60 characters are left for what follows a prefix. */
const kafkaName = /^[A-Za-z0-9._-]{1,249}$/;
const prefixCharsMax = 189;

export function topicPrefixKey(text: KeyText): ConfigKey<string> {
  return makeKey(text, (value) => {
    if (value === '' || (kafkaName.test(value) && value.length <= prefixCharsMax)) return value;
    throw new Error(
      `must be at most ${prefixCharsMax} letters, digits, dots, dashes and underscores, not ${quoted(value)}`,
    );
  });
}

/** A name that Kafka knows a member by; empty means null. */
export function memberNameKey(text: Omit<KeyText, 'default'>): ConfigKey<string | null> {
  return makeKey({ ...text, default: '' }, (value) => {
    if (value === '') return null;
    if (kafkaName.test(value)) return value;
    throw new Error(`must be at most 249 letters, digits, dots, dashes and underscores, not ${quoted(value)}`);
  });
}

/** Names of topics, and regular expressions between slashes. @param refusal why an item may not be taken besides */
export function topicsKey(
  text: KeyText,
  refusal: (item: string) => string | null = () => null,
): ConfigKey<readonly string[]> {
  return filledListKey(text, 'at least one topic', (item, told) => {
    const pattern = /^\/(.+)\/$/.exec(item)?.[1];
    if (pattern === undefined) {
      if (!kafkaName.test(item)) {
        throw new Error(`must be names of topics, or regular expressions between slashes, not ${told}`);
      }
    } else {
      requirePattern(pattern, told);
    }
    const reason = refusal(item);
    if (reason !== null) throw new Error(reason);
  });
}

function requirePattern(pattern: string, told: string): void {
  try {
    new RegExp(pattern);
  } catch (cause) {
    throw new Error(
      `has a regular expression that cannot be read, ${told}: correct it; a comma ends an item, inside a pattern too`,
      { cause },
    );
  }
}

/** A token (RFC 9110, section 5.6.2). */
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Names that every delivery sends with a meaning of their own, or that decide how a request is framed and routed. */
export const reservedHeaders: ReadonlySet<string> = new Set(
  `host content-length transfer-encoding connection keep-alive proxy-connection proxy-authenticate proxy-authorization te
  trailer upgrade http2-settings expect content-type content-encoding user-agent webhook-id webhook-timestamp
  webhook-signature x-deeperhub-event x-deeperhub-delivery x-deeperhub-attempt traceparent tracestate accept
  accept-encoding authorization cookie date`.split(/\s+/),
);

export function headerNameKey(text: KeyText): ConfigKey<string> {
  return makeKey(text, (value) => {
    if (value === '') return value;
    if (!headerName.test(value)) {
      throw new Error(
        `must be the name of a header, such as ${text.default ?? 'X-Signature'}, or empty, not ${quoted(value)}`,
      );
    }
    if (reservedHeaders.has(value.toLowerCase())) {
      throw new Error(
        `must be a name of its own: ${value} is sent with another meaning; ${text.default ?? 'X-Signature'} is free`,
      );
    }
    return value;
  });
}

const mailAddress = /^(?:[^<>@\p{Cc}]*<)?[^\s<>@,;:/]+@[A-Za-z0-9][A-Za-z0-9.-]*>?$/u;

/** `name@host`, or `Name <name@host>`. */
export function mailAddressKey(text: KeyText): ConfigKey<string> {
  const isAddress = (value: string) => mailAddress.test(value) && value.includes('<') === value.endsWith('>');
  const key = makeKey(text, (value) => {
    if (isAddress(value)) return value;
    throw new Error('must be an address such as webhooks@example.com or Webhooks <webhooks@example.com>');
  });
  return { ...key, shown: (value) => (isAddress(value) ? value : hiddenText) };
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Certificates in PEM; empty means null. */
export function certificatesKey(text: Omit<KeyText, 'default'>): ConfigKey<string | null> {
  const key = makeKey({ ...text, default: '' }, (value) => {
    if (value === '') return null;
    const blocks = value.match(certificates) ?? [];
    try {
      for (const block of blocks) new X509Certificate(block);
    } catch (cause) {
      throw new Error('has a certificate that cannot be read: take it anew from where it was made', { cause });
    }
    const other = value.replace(certificates, '');
    if (blocks.length > 0 && !other.includes('-----BEGIN')) return value;
    throw new Error('must be certificates in PEM (-----BEGIN CERTIFICATE-----) and nothing else, not a file name');
  });
  // The most likely mistake is a private key.
  return { ...key, shown: (value) => (value === '' ? '' : `(${value.match(certificates)?.length ?? 0} certificates)`) };
}

const makeOne = "'openssl rand -base64 32' makes the part behind the colon";

/** Keys of 32 bytes, each under an id of its own. What is wrong is told by its place: an item may be the secret itself. */
export function encryptionKeysKey(text: Omit<KeyText, 'secret'>): ConfigKey<readonly string[]> {
  const list = filledListKey({ ...text, secret: true }, `at least one key as id:base64; ${makeOne}`, () => undefined);
  return makeKey({ ...text, secret: true }, (value) => {
    const items = list.parse(value);
    const wrong = items.flatMap((item, index) => (isUsable([item]) ? [] : [index + 1]));
    if (wrong.length > 0) {
      throw new Error(`must be id:base64 of 32 bytes, which item ${wrong.join(' and ')} is not; ${makeOne}`);
    }
    if (!isUsable(items)) throw new Error('names an id twice: each key has an id of its own');
    return items;
  });
}

function isUsable(items: readonly string[]): boolean {
  try {
    return new SecretBox(items).keyId !== '';
  } catch {
    return false;
  }
}
