import { msg } from '@lingui/core/macro';
import { Inbox } from 'lucide-react';
import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  {
    path: '/events',
    load: () => import('./events-screen.tsx'),
    link: { label: msg`Events`, icon: Inbox, shortcut: 'e', place: 40 },
  },
];
