/**
 * What a folder below screens/ says of itself in its `route.ts`: where its screens are, what loads them, and the link to
 * them. Folders are found by themselves: a new screen changes no file but its own.
 */
import type { MessageDescriptor } from '@lingui/core';
import type { LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';

export interface Screen {
  /** Below the portal's own path, such as `/webhooks/$id`. */
  readonly path: string;
  /** What it takes is fetched when it is first shown. */
  readonly load: () => Promise<{ readonly Screen: ComponentType }>;
  /** Left out: no link in the main navigation. */
  readonly link?: ScreenLink;
}

export interface ScreenLink {
  readonly label: MessageDescriptor;
  readonly icon: LucideIcon;
  /** Goes there after `g`. */
  readonly shortcut: string;
  /** From the top; tens leave room. */
  readonly place: number;
}

const folders = import.meta.glob<{ screens: readonly Screen[] }>('../screens/*/route.ts', { eager: true });

export const screens: readonly Screen[] = Object.values(folders).flatMap((folder) => folder.screens);

export type LinkedScreen = Screen & { readonly link: ScreenLink };

export const linkedScreens: readonly LinkedScreen[] = screens
  .filter((screen): screen is LinkedScreen => screen.link !== undefined)
  .sort((one, other) => one.link.place - other.link.place);
