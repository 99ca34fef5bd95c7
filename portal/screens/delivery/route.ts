import type { Screen } from '../../app/screen.ts';

export const screens: readonly Screen[] = [{ path: '/deliveries/$id', load: () => import('./delivery-screen.tsx') }];
