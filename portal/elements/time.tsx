/** A moment: absolute with its offset, and how far it is from now. What is copied from its title is ISO in UTC. */
import { useLingui } from '@lingui/react';
import { preferences } from '../session/preferences.ts';
import { useObserved } from '../session/observed-value.ts';
import { useNow } from './clock.ts';
import { absoluteTime, durationText, relativeTime, type TimeStyle } from './time-text.ts';

export function useTimeStyle(): TimeStyle {
  const { timeZone } = useObserved(preferences);
  return { language: useIntlName(), zone: timeZone };
}

/** As formats of numbers and times know the language: English here puts the day before the month. */
export function useIntlName(): string {
  const { i18n } = useLingui();
  return i18n.locale === 'en' ? 'en-GB' : i18n.locale;
}

export interface TimeProps {
  /** ISO 8601; null shows a dash. */
  readonly at: string | null | undefined;
  /** With milliseconds, for details. */
  readonly isExact?: boolean;
  /** Only how far it is, where a column is narrow; the title has the rest. */
  readonly isShort?: boolean;
}

export function Time({ at, isExact = false, isShort = false }: TimeProps) {
  const style = useTimeStyle();
  const now = useNow();
  if (at === null || at === undefined) return '–';
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return at;
  const relative = relativeTime(ms, now, style.language);
  const iso = new Date(ms).toISOString();
  if (isShort) {
    return (
      <time dateTime={iso} title={`${absoluteTime(ms, style)}\n${iso}`}>
        {relative}
      </time>
    );
  }
  return (
    <time dateTime={iso} title={iso}>
      {/* A list shows the second line below the first one; elsewhere a line end is a space. */}
      {`${absoluteTime(ms, style, isExact)}\n(${relative})`}
    </time>
  );
}

/** The same as `isShort`, for cells of lists that are no more than a moment: its text, and the cell's title. */
export function useShortTimes() {
  const style = useTimeStyle();
  const now = useNow();
  return {
    text: (at: string | null | undefined): string => {
      const ms = Date.parse(at ?? '');
      return Number.isNaN(ms) ? (at ?? '–') : relativeTime(ms, now, style.language);
    },
    title: (at: string | null | undefined): string | undefined => {
      const ms = Date.parse(at ?? '');
      return Number.isNaN(ms) ? undefined : `${absoluteTime(ms, style)}\n${new Date(ms).toISOString()}`;
    },
  };
}

export function Duration({ ms }: { readonly ms: number }) {
  return durationText(ms, useIntlName());
}
