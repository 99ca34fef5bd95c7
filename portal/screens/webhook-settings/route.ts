import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  { path: '/webhooks/$id/settings', load: () => import('./webhook-settings-screen.tsx') },
];
