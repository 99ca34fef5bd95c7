/** What a key or a portal session may do, beside looking at what belongs to its client. Pure. */

export const capabilities = [
  'webhooks.write',
  'webhooks.delete',
  'secrets.rotate',
  'tests.send',
  'deliveries.resend',
  'replays.write',
  'settings.write',
  'payloads.read',
] as const;
export type Capability = (typeof capabilities)[number];

/** Names for two sets. `view`: nothing can be changed or sent. `manage`: all that a key of the client can do. */
export const portalScopes = ['view', 'manage'] as const;
export type PortalScope = (typeof portalScopes)[number];

export const capabilitiesOfScope: Readonly<Record<PortalScope, readonly Capability[]>> = {
  view: ['payloads.read'],
  manage: capabilities,
};

/** What a key may do whose own capabilities nobody chose. To publish is a matter of the role alone. */
export const capabilitiesOfRole: Readonly<Record<'admin' | 'client' | 'publisher' | 'viewer', readonly Capability[]>> =
  {
    admin: capabilities,
    client: capabilities,
    viewer: capabilitiesOfScope.view,
    publisher: [],
  };

/** The name for what can be done, at most. */
export function scopeOfCapabilities(held: readonly Capability[]): PortalScope {
  return isWithin(held, capabilitiesOfScope.view) ? 'view' : 'manage';
}

export function isWithin(wanted: readonly Capability[], held: readonly Capability[]): boolean {
  return wanted.every((one) => held.includes(one));
}

/** Those of both, in the order in which they are listed. */
export function commonCapabilities(one: readonly Capability[], other: readonly Capability[]): readonly Capability[] {
  return capabilities.filter((capability) => one.includes(capability) && other.includes(capability));
}
