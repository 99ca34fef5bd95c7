/** Who changes something, for the audit log. */
export interface Actor {
  readonly kind: 'api_key' | 'portal' | 'oidc' | 'system';
  /** Id of the key or session, `oidc:` with the subject of a token; the app's name for `system`. */
  readonly id: string;
  readonly name: string | null;
  /** IP address that the request came from. */
  readonly address: string | null;
  readonly requestId: string | null;
}
