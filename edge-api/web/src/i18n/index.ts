import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type ko from "@/locales/ko.json";
import { isLanguage, type Language, prefer, preferred, texts } from "./language";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof ko };
    returnNull: false;
  }
}

export { LANGUAGES, type Language } from "./language";

export async function startI18n(language: Language = preferred()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    partialBundledLanguages: true,
  });
  await setLanguage(language);
}

/** Loads the language's texts when they are first needed; remembers the choice on this device. */
export async function setLanguage(language: Language, remember = false): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    const { default: found } = await texts[language]();
    i18next.addResourceBundle(language, "translation", found);
  }
  if (remember) prefer(language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

export function language(): Language {
  return isLanguage(i18next.language) ? i18next.language : "ko";
}
