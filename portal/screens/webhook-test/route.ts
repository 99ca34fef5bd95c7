import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  { path: '/webhooks/$id/test', load: () => import('./webhook-test-screen.tsx') },
];
