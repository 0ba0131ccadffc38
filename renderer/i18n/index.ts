// Four languages, each complete; the choice is kept on this machine.

import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import { en, type MessageKey } from './en.ts';
import { ja } from './ja.ts';
import { zhCN } from './zh-CN.ts';
import { zhTW } from './zh-TW.ts';

export const languages = { en, 'zh-CN': zhCN, 'zh-TW': zhTW, ja } as const;
export type Language = keyof typeof languages;
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  'zh-CN': '简体中文',
  'zh-TW': '繁體中文',
  ja: '日本語',
};

const stored = localStorage.getItem('custos.language');
const preferred = navigator.languages.find((one) => one in languages) ?? 'en';
const first = (stored !== null && stored in languages ? stored : preferred) as Language;

await i18next.use(initReactI18next).init({
  lng: first,
  fallbackLng: false,
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
  resources: Object.fromEntries(Object.entries(languages).map(([name, messages]) => [name, { translation: messages }])),
});
document.documentElement.lang = first;

export function chooseLanguage(language: Language): void {
  localStorage.setItem('custos.language', language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

export type Say = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;

/** A moment in this machine's time zone, as the language writes it; English in the unambiguous order of day, month, year. */
export const showTime = (at: string, language: string): string =>
  new Date(at).toLocaleString(language === 'en' ? 'en-GB' : language);

/** Only keys that exist in every language can be said. */
export function useSay(): { readonly say: Say; readonly language: Language } {
  const { t, i18n } = useTranslation();
  return { say: (key, values) => t(key, { ...values }), language: i18n.language as Language };
}
