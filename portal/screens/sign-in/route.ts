import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [{ path: '/sign-in', load: () => import('./already-signed-in.tsx') }];
