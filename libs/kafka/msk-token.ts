/** A token for Amazon MSK, signed here with whatever credentials the AWS SDK finds: environment, profile, container, instance. */
import type { Token } from './fresh-token.ts';

/** The signer's choice, and the longest that MSK takes. */
const signedForMs = 900_000;

export async function signMskToken(region: string): Promise<Token> {
  // It brings the AWS SDK with it, which nobody else has to load.
  const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js');
  const { token } = await generateAuthToken({ region });
  return { value: token, lifetimeMs: signedForMs };
}
