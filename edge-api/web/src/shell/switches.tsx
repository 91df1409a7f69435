import { Languages, Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { language, setLanguage } from "@/i18n";
import { IconButton } from "@/ui";
import { applyTheme, storedTheme, THEMES } from "./theme";

const icons = { system: Monitor, light: Sun, dark: Moon };

export function ThemeSwitch() {
  const { t } = useTranslation();
  const [theme, setTheme] = useState(storedTheme);
  const Icon = icons[theme];
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  const press = () => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <IconButton
      label={t("common.shell.theme", { now: t(`common.theme.${theme}`), next: t(`common.theme.${next}`) })}
      onClick={press}
    >
      <Icon aria-hidden size={20} />
    </IconButton>
  );
}

export function LanguageSwitch() {
  const { t } = useTranslation();
  const other = language() === "ko" ? "en" : "ko";
  return (
    <button
      type="button"
      lang={other}
      onClick={() => void setLanguage(other, true)}
      className="inline-flex min-h-11 items-center gap-2 rounded-lg px-2 text-muted transition-colors hover:bg-sunken hover:text-ink"
    >
      <Languages aria-hidden size={20} />
      {t("common.shell.otherLanguage")}
    </button>
  );
}
