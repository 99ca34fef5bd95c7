/** The address guard as the environment sets it: the same one for registration and for every attempt. */
import type { ConfigOf } from '../runtime/config.ts';
import type { egressKeys } from '../runtime/egress-keys.ts';
import type { egressProxyKeys } from '../runtime/egress-proxy-keys.ts';
import { AddressGuard, type RefusedName } from './address-guard.ts';
import { EgressProxy } from './egress-proxy.ts';
import { NameResolver } from './name-resolver.ts';

/** @throws Error that names the key whose value cannot be read */
export function guardFromConfig(
  config: ConfigOf<typeof egressKeys>,
  onRefusedName?: (refused: RefusedName) => void,
): AddressGuard {
  const resolver = new NameResolver(config.DNS_SERVERS.length === 0 ? {} : { servers: config.DNS_SERVERS });
  return new AddressGuard(
    {
      schemes: config.ALLOWED_URL_SCHEMES,
      ports: config.ALLOWED_PORTS,
      disallowed: config.DISALLOWED_IP_RANGES,
      allowed: config.EGRESS_ALLOW,
      allowedHosts: config.ALLOWED_HOSTS,
      deniedHosts: config.DENIED_HOSTS,
    },
    (hostname) => resolver.resolve(hostname),
    onRefusedName,
  );
}

/** Null: endpoints are called directly. */
export function proxyFromConfig(config: ConfigOf<typeof egressProxyKeys>): EgressProxy | null {
  const { EGRESS_PROXY_URL: url, EGRESS_PROXY_BYPASS: bypass } = config;
  return url === null ? null : new EgressProxy({ url, bypass });
}
