/** How Kafka and the registry know who we are (config-keys.ts has the other keys). */
import { choiceKey, makeKey, optionalKey, type ConfigKey } from './config.ts';
import { certificatesKey } from './name-keys.ts';
import {
  clientIdKey,
  clientSecretKey,
  extensionsKey,
  isSet,
  missingOf,
  parametersKey,
  scopeKey,
  setOf,
  tokenCaKey,
  tokenUrlKey,
} from './oauth-keys.ts';
import { ownCertificateKey, ownKeyKey, ownPassphraseKey, type OwnCertificate } from './pem-keys.ts';

type Others = Readonly<Record<string, unknown>>;

const mechanisms = ['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'aws-msk-iam'] as const;
type Mechanism = (typeof mechanisms)[number];

/** Names and values as they are when the names begin with `Prefix`. */
type Prefixed<Prefix extends string, Keys> = {
  readonly [Name in keyof Keys & string as `${Prefix}${Name}`]: Keys[Name];
};

function mechanismProblem(prefix: string, mechanism: Mechanism, others: Others): string | null {
  const of = (name: string): unknown => others[`${prefix}KAFKA_${name}`];
  const isUserGiven = typeof of('SASL_USERNAME') === 'string';
  switch (mechanism) {
    case 'none':
      return null;
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512':
      if (isUserGiven) return null;
      return `is ${mechanism}, which takes ${prefix}KAFKA_SASL_USERNAME and ${prefix}KAFKA_SASL_PASSWORD: set them, or none`;
    case 'oauthbearer': {
      const missing = missingOf(`${prefix}KAFKA_OAUTH_`, others);
      if (missing.length > 0) return `is ${mechanism}, which takes ${missing.join(' and ')}: set them`;
      return isUserGiven ? `is ${mechanism}, which takes no ${prefix}KAFKA_SASL_USERNAME: remove it` : null;
    }
    case 'aws-msk-iam':
      if (of('AWS_REGION') === null) return `is ${mechanism}, which takes ${prefix}KAFKA_AWS_REGION: set it`;
      return of('TLS') === false
        ? `is ${mechanism}, which MSK offers over TLS alone: set ${prefix}KAFKA_TLS=true`
        : null;
  }
}

/** @param prefix before KAFKA_ in the names; `whom` is the cluster in the descriptions */
export function kafkaAccessKeys<Prefix extends string>(prefix: Prefix, whom: string) {
  const name = (rest: string) => `${prefix}KAFKA_${rest}`;
  const certificate: OwnCertificate = {
    cert: name('TLS_CERT'),
    key: name('TLS_KEY'),
    passphrase: name('TLS_KEY_PASSPHRASE'),
    whom,
    refusal: (others) =>
      others[name('TLS')] === false ? `is set, but ${name('TLS')} is false: it is shown over TLS` : null,
  };
  const saslMechanism: ConfigKey<Mechanism> = {
    ...choiceKey({
      description: 'SASL mechanism; none: no authentication by SASL',
      default: 'none',
      choices: mechanisms,
    }),
    conflict: (mechanism, others) => mechanismProblem(prefix, mechanism, others),
  };
  /** Settings of a mechanism that is not chosen would be overlooked in silence. */
  const onlyFor = <T>(mechanism: Mechanism, key: ConfigKey<T>): ConfigKey<T> => ({
    ...key,
    conflict: (value, others) => {
      const chosen = others[name('SASL_MECHANISM')];
      if (!isSet(value) || typeof chosen !== 'string' || chosen === mechanism) return null;
      return `is set, but ${name('SASL_MECHANISM')} is ${chosen}, not ${mechanism}`;
    },
  });
  return prefixed(prefix, {
    KAFKA_TLS_CA: certificatesKey({ description: `CA for ${whom} in PEM; empty: those of TLS_CA` }),
    KAFKA_TLS_CERT: ownCertificateKey(certificate),
    KAFKA_TLS_KEY: ownKeyKey(certificate),
    KAFKA_TLS_KEY_PASSPHRASE: ownPassphraseKey(certificate),
    KAFKA_SASL_MECHANISM: saslMechanism,
    KAFKA_SASL_USERNAME: optionalKey({ description: 'SASL user' }),
    KAFKA_SASL_PASSWORD: optionalKey({ description: 'SASL password', secret: true }),
    KAFKA_OAUTH_TOKEN_URL: onlyFor('oauthbearer', tokenUrlKey(whom)),
    KAFKA_OAUTH_CLIENT_ID: onlyFor('oauthbearer', clientIdKey()),
    KAFKA_OAUTH_CLIENT_SECRET: onlyFor('oauthbearer', clientSecretKey()),
    KAFKA_OAUTH_SCOPE: onlyFor('oauthbearer', scopeKey()),
    KAFKA_OAUTH_PARAMETERS: onlyFor('oauthbearer', parametersKey()),
    KAFKA_OAUTH_EXTENSIONS: onlyFor('oauthbearer', extensionsKey()),
    KAFKA_OAUTH_CA: onlyFor('oauthbearer', tokenCaKey()),
    KAFKA_AWS_REGION: onlyFor(
      'aws-msk-iam',
      optionalKey({ description: 'AWS region of the cluster, for aws-msk-iam' }),
    ),
  });
}

function prefixed<Prefix extends string, Keys extends object>(prefix: Prefix, keys: Keys): Prefixed<Prefix, Keys> {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [prefix + name, key])) as Prefixed<Prefix, Keys>;
}

const registryCertificate: OwnCertificate = {
  cert: 'SCHEMA_REGISTRY_TLS_CERT',
  key: 'SCHEMA_REGISTRY_TLS_KEY',
  passphrase: 'SCHEMA_REGISTRY_TLS_KEY_PASSPHRASE',
  whom: 'the registry',
  refusal: (others) =>
    String(others['SCHEMA_REGISTRY_URL']).startsWith('http:')
      ? 'is set, but SCHEMA_REGISTRY_URL begins with http://: it is shown over TLS'
      : null,
};

const registryOAuth = 'SCHEMA_REGISTRY_OAUTH_';

const registryUser: ConfigKey<string | null> = {
  ...optionalKey({ description: 'Registry user' }),
  conflict: (user, others) =>
    user !== null && typeof others['SCHEMA_REGISTRY_TOKEN'] === 'string'
      ? 'is set beside SCHEMA_REGISTRY_TOKEN: the registry is told one of them'
      : null,
};

/** A token as a header can have it (RFC 6750, section 2.1). */
const registryToken: ConfigKey<string | null> = makeKey(
  { description: 'Token for the registry, sent as Bearer', default: '', secret: true },
  (value) => {
    if (value === '' || /^[A-Za-z0-9._~+/-]+=*$/.test(value)) return value === '' ? null : value;
    throw new Error('must be the token alone, without Bearer, blanks or quotes');
  },
);

const registryTokenUrl: ConfigKey<string | null> = {
  ...tokenUrlKey('the registry'),
  conflict: (url, others) => {
    if (url === null) return null;
    const missing = missingOf(registryOAuth, others);
    if (missing.length > 0) return `is set without ${missing.join(' and ')}: set them`;
    const rivals = ['SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_TOKEN'].filter(
      (name) => typeof others[name] === 'string',
    );
    return rivals.length > 0 ? `is set beside ${rivals.join(' and ')}: the registry is told one of them` : null;
  },
};

/** The others of its kind say nothing by themselves. */
const registryClientId: ConfigKey<string | null> = {
  ...clientIdKey(),
  conflict: (_, others) => {
    const given = setOf(registryOAuth, others);
    return others[`${registryOAuth}TOKEN_URL`] === null && given.length > 0
      ? `has no ${registryOAuth}TOKEN_URL, which ${given.join(', ')} would be for: set it`
      : null;
  },
};

export const registryAccessKeys = {
  SCHEMA_REGISTRY_USERNAME: registryUser,
  SCHEMA_REGISTRY_PASSWORD: optionalKey({ description: 'Registry password', secret: true }),
  SCHEMA_REGISTRY_TOKEN: registryToken,
  SCHEMA_REGISTRY_OAUTH_TOKEN_URL: registryTokenUrl,
  SCHEMA_REGISTRY_OAUTH_CLIENT_ID: registryClientId,
  SCHEMA_REGISTRY_OAUTH_CLIENT_SECRET: clientSecretKey(),
  SCHEMA_REGISTRY_OAUTH_SCOPE: scopeKey(),
  SCHEMA_REGISTRY_OAUTH_PARAMETERS: parametersKey(),
  SCHEMA_REGISTRY_OAUTH_CA: tokenCaKey(),
  SCHEMA_REGISTRY_TLS_CA: certificatesKey({ description: 'CA for the registry in PEM; empty: those of Node.js' }),
  SCHEMA_REGISTRY_TLS_CERT: ownCertificateKey(registryCertificate),
  SCHEMA_REGISTRY_TLS_KEY: ownKeyKey(registryCertificate),
  SCHEMA_REGISTRY_TLS_KEY_PASSPHRASE: ownPassphraseKey(registryCertificate),
} as const;
