import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  { path: '/webhooks/$id', load: () => import('./webhook-overview-screen.tsx') },
  { path: '/webhooks/$id/deliveries', load: () => import('./webhook-deliveries-screen.tsx') },
];
