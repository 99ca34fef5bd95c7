import { msg } from '@lingui/core/macro';
import { Send } from 'lucide-react';
import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  {
    path: '/deliveries',
    load: () => import('./deliveries-screen.tsx'),
    link: { label: msg`Deliveries`, icon: Send, shortcut: 'd', place: 30 },
  },
];
