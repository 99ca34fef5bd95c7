/** An endpoint over TLS whose certificate ended yesterday, of a CA that would otherwise be trusted. */
import { createAuthority } from './certificates.ts';
import { startReceiver, type RecordingReceiver } from './recording-receiver.ts';

export interface ExpiredReceiver extends RecordingReceiver {
  /** PEM of the CA. */
  readonly ca: string;
}

export async function startExpired(): Promise<ExpiredReceiver> {
  const authority = createAuthority();
  const receiver = await startReceiver({ tls: authority.issue({ endsInDays: -1 }) });
  return Object.assign(receiver, { ca: authority.cert });
}
