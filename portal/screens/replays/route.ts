import { msg } from '@lingui/core/macro';
import { RotateCcw } from 'lucide-react';
import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  {
    path: '/replays',
    load: () => import('./replays-screen.tsx'),
    link: { label: msg`Replays`, icon: RotateCcw, shortcut: 'r', place: 60 },
  },
  { path: '/replays/new', load: () => import('./new-replay-screen.tsx') },
  { path: '/replays/$id', load: () => import('./replay-screen.tsx') },
];
