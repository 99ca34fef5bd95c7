import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  { path: '/webhooks/new', load: () => import('./create-webhook-screen.tsx') },
];
