/** Why an attempt led to what it led to: part of the public contract of outcomes. */

/** `proxy`: of the proxy before all endpoints; it says nothing of this one. */
export type AttemptErrorKind = 'timeout' | 'dns' | 'connect' | 'tls' | 'reset' | 'proxy' | 'refused-address';

export type RetryableReason = 'http' | 'timeout' | 'dns' | 'connect' | 'tls' | 'reset' | 'proxy';
export type PermanentReason =
  | 'exhausted'
  | 'expired'
  | 'gone'
  | 'disabled'
  | 'deleted'
  | 'refused_address'
  | 'payload_too_large'
  | 'rejected'
  | 'aborted'
  | 'signing_failed';
