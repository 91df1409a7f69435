/** The languages of the page and which of them this device reads. Knows no library: the boot needs it first. */
export const LANGUAGES = ["ko", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** How each writes dates and numbers. */
export const LOCALES = { ko: "ko-KR", en: "en-GB" } as const;

export const texts: Record<Language, () => Promise<{ default: object }>> = {
  ko: () => import("@/locales/ko.json"),
  en: () => import("@/locales/en.json"),
};

const STORED = "viva.language";

export function isLanguage(value: string | null | undefined): value is Language {
  return LANGUAGES.some((each) => each === value);
}

export function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (isLanguage(stored)) return stored;
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "ko";
}

export function prefer(language: Language): void {
  localStorage.setItem(STORED, language);
}
