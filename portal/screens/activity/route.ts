import { msg } from '@lingui/core/macro';
import { History } from 'lucide-react';
import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  {
    path: '/activity',
    load: () => import('./activity-screen.tsx'),
    link: { label: msg`Activity`, icon: History, shortcut: 'a', place: 80 },
  },
  { path: '/webhooks/$id/activity', load: () => import('./webhook-activity-screen.tsx') },
];
