/** TLS material of ours as connections take it. */
import { readPrivateKey } from '../../runtime/pem-keys.ts';
import type { ClientTls } from '../../wire/http-question.ts';

export interface OwnTlsMaterial {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly passphrase: string | null;
}

/** The key is decrypted once, not for each connection. Null: nothing is set. */
export function ownTls({ ca, cert, key, passphrase }: OwnTlsMaterial): ClientTls | null {
  if (ca === null && cert === null) return null;
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null || key === null
      ? {}
      : { cert, key: readPrivateKey(key, passphrase).export({ format: 'pem', type: 'pkcs8' }).toString() }),
  };
}
