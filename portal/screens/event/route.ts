import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [{ path: '/events/$id', load: () => import('./event-screen.tsx') }];
