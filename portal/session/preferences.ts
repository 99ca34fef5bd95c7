/** What a person chose for this browser: the one thing that outlives a session. In localStorage, where that is allowed. */
import { ObservedValue } from './observed-value.ts';

const key = 'deeperhub.preferences';

export const pageSizes = [50, 100, 250] as const;

export interface Preferences {
  /** Null: as the browser says. */
  readonly language: 'en' | 'pt-BR' | null;
  readonly theme: 'light' | 'dark' | null;
  readonly timeZone: 'local' | 'utc';
  readonly pageSize: (typeof pageSizes)[number];
  readonly hasShortcuts: boolean;
}

const defaults: Preferences = { language: null, theme: null, timeZone: 'local', pageSize: 50, hasShortcuts: true };

export const preferences = new ObservedValue<Preferences>(kept());

export function prefer(change: Partial<Preferences>): void {
  preferences.set({ ...preferences.get(), ...change });
  try {
    localStorage.setItem(key, JSON.stringify(preferences.get()));
  } catch {
    // Where storage is refused they live as long as the page.
  }
}

function kept(): Preferences {
  try {
    const said = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Record<keyof Preferences, unknown>>;
    return {
      language: said.language === 'en' || said.language === 'pt-BR' ? said.language : defaults.language,
      theme: said.theme === 'light' || said.theme === 'dark' ? said.theme : defaults.theme,
      timeZone: said.timeZone === 'utc' ? 'utc' : defaults.timeZone,
      pageSize: pageSizes.find((size) => size === said.pageSize) ?? defaults.pageSize,
      hasShortcuts: said.hasShortcuts !== false,
    };
  } catch {
    return defaults;
  }
}
