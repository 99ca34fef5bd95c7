import { msg } from '@lingui/core/macro';
import { LayoutDashboard } from 'lucide-react';
import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  {
    path: '/',
    load: () => import('./overview-screen.tsx'),
    link: { label: msg`Overview`, icon: LayoutDashboard, shortcut: 'o', place: 10 },
  },
];
