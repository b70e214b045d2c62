import { TEXTS_EN, type TextKey } from './texts-en.ts';
import { TEXTS_ZH } from './texts-zh.ts';

export type Language = 'en' | 'zh';
export type TextValues = Readonly<Record<string, string | number>>;

const STORAGE_KEY = 'callreel.language';
const TEXTS: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = { en: TEXTS_EN, zh: TEXTS_ZH };

const chosenLanguage = (): Language => {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (stored === 'en' || stored === 'zh') return stored;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
};

let current: Language = chosenLanguage();

export const currentLanguage = (): Language => current;

/** Keeps the choice for the next visit; what is on the page changes with `relabel`. */
export const chooseLanguage = (language: Language): void => {
  current = language;
  localStorage.setItem(STORAGE_KEY, language);
};

/** The words for a key in the current language. A value of the form `@key` stands for the words of that key. */
export const words = (key: TextKey, values: TextValues = {}): string =>
  TEXTS[current][key].replace(/\{(\w+)\}/g, (whole, name: string) => valueWords(values[name] ?? whole));

const valueWords = (value: string | number): string => {
  const text = String(value);
  const key = text.slice(1);
  return text.startsWith('@') && isTextKey(key) ? words(key) : text;
};

export const isTextKey = (key: string): key is TextKey => Object.hasOwn(TEXTS_EN, key);
