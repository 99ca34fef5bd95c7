import { msg } from '@lingui/core/macro';
import { Radio } from 'lucide-react';
import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  {
    path: '/live',
    load: () => import('./live-screen.tsx'),
    link: { label: msg`Live`, icon: Radio, shortcut: 'l', place: 70 },
  },
];
