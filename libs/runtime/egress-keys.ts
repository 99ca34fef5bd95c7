/** Where webhooks may go: judged at registration and when they are called. */
import { hostPatternsKey, nameServersKey, portsKey, rangesKey, schemesKey } from './address-keys.ts';

export const egressKeys = {
  ALLOWED_URL_SCHEMES: schemesKey({ description: 'Schemes of webhook URLs', default: 'https' }),
  ALLOWED_PORTS: portsKey({ description: 'Ports of webhook URLs; * for any', default: '443,8443' }),
  ALLOWED_HOSTS: hostPatternsKey({
    description: 'Hosts of webhook URLs: names, *.name for all below one, or addresses; empty: any',
    default: '',
  }),
  DENIED_HOSTS: hostPatternsKey({ description: 'Hosts that are refused, whatever is allowed', default: '' }),
  DISALLOWED_IP_RANGES: rangesKey({ description: 'CIDRs that are refused beside the private ones', default: '' }),
  EGRESS_ALLOW: rangesKey({ description: 'CIDRs that are allowed though they are private', default: '' }),
  DNS_SERVERS: nameServersKey({
    description: 'Name servers for the names of webhooks; empty: those of the system',
    default: '',
  }),
} as const;
