import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  { path: '/webhooks/$id/secrets', load: () => import('./webhook-secrets-screen.tsx') },
];
