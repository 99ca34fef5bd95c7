/** Where an app answers what whoever runs it asks. */
import { optionalHostKey } from './address-keys.ts';
import { numberKey } from './config.ts';

export const operationsKeys = {
  OPERATIONS_HOST: optionalHostKey({ description: 'Address to listen on with OPERATIONS_PORT; empty: HTTP_HOST' }),
  OPERATIONS_PORT: numberKey({
    description: 'Port that alone serves /health and /metrics; 0: HTTP_PORT serves them too',
    default: '0',
    min: 0,
    max: 65_535,
  }),
} as const;
