/** A token for Amazon MSK, signed here with whatever credentials the AWS SDK finds: environment, profile, container, instance. */
import type { Token } from './fresh-token.ts';

/** It ends with the credentials where those end sooner than what MSK takes, fifteen minutes. */
export async function signMskToken(region: string): Promise<Token> {
  // It brings the AWS SDK with it, which nobody else has to load.
  const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js');
  const { token, expiryTime } = await generateAuthToken({ region });
  return { value: token, lifetimeMs: expiryTime - Date.now() };
}
