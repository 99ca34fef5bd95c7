import { msg } from '@lingui/core/macro';
import { BookOpen } from 'lucide-react';
import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  {
    path: '/event-types',
    load: () => import('./event-types-screen.tsx'),
    link: { label: msg`Event types`, icon: BookOpen, shortcut: 't', place: 50 },
  },
  { path: '/event-types/$type', load: () => import('./event-type-screen.tsx') },
];
