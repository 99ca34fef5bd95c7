import { msg } from '@lingui/core/macro';
import { Settings } from 'lucide-react';
import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  {
    path: '/settings',
    load: () => import('./settings-screen.tsx'),
    link: { label: msg`Settings`, icon: Settings, shortcut: 's', place: 90 },
  },
];
