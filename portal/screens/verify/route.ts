import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [{ path: '/verify', load: () => import('./verify-screen.tsx') }];
