/** What the portal takes of the configuration, and where it is. Pure. */
import type { ConfigOf } from '../../libs/runtime/config.ts';
import type { portalKeys } from '../../libs/runtime/portal-keys.ts';

export type PortalConfig = ConfigOf<typeof portalKeys>;

export interface PortalPathParts {
  /** What a proxy put before all addresses; empty: nothing. */
  readonly prefix: string;
  /** Where the portal is once that is taken off: `/portal`. */
  readonly mount: string;
}

export function portalPathParts(path: string): PortalPathParts {
  const end = path.lastIndexOf('/');
  return { prefix: path.slice(0, end), mount: path.slice(end) };
}

/** An address as the routes know it. A proxy may have taken the prefix off, or passed it on. */
export function withoutPrefix(url: string, prefix: string): string {
  if (prefix === '' || !url.startsWith(prefix)) return url;
  const rest = url.slice(prefix.length);
  return rest.startsWith('/') ? rest : url;
}
