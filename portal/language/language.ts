/** Which language the page speaks. English is what stands in the code; the other one is fetched when it is wanted. */
import { i18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { preferences } from '../session/preferences.ts';

export const languages = { en: 'English', 'pt-BR': 'Português (Brasil)' } as const;
export type Language = keyof typeof languages;

/** What was chosen, else the first language of the browser that is spoken here, else English. */
export function wantedLanguage(): Language {
  const { language } = preferences.get();
  if (language !== null) return language;
  const wanted = navigator.languages.find((name) => /^(en|pt)\b/i.test(name));
  return wanted?.toLowerCase().startsWith('pt') === true ? 'pt-BR' : 'en';
}

/** Messages in the code are compiled at their first use; each of them once. */
const compiled = new Map<string, ReturnType<typeof compileMessage>>();
i18n.setMessagesCompiler((message) => {
  const known = compiled.get(message) ?? compileMessage(message);
  compiled.set(message, known);
  return known;
});

export async function speak(language: Language): Promise<void> {
  if (i18n.locale === language) return;
  const messages = language === 'en' ? {} : (await import('./portuguese.ts')).messages;
  // Another one was chosen while this one came.
  if (wantedLanguage() !== language) return;
  i18n.loadAndActivate({ locale: language, messages });
  document.documentElement.lang = language;
}
