import { msg } from '@lingui/core/macro';
import { Webhook } from 'lucide-react';
import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [
  {
    path: '/webhooks',
    load: () => import('./webhooks-screen.tsx'),
    link: { label: msg`Webhooks`, icon: Webhook, shortcut: 'w', place: 20 },
  },
];
