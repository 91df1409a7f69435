import { useTranslation } from "react-i18next";
import type { Phrase } from "./body";

/** Says a phrase of the server in the reader's language. */
export function usePhrase(): (phrase: Phrase) => string {
  const { t, i18n } = useTranslation();
  // Names come from the server, so their keys cannot be checked by their types.
  const say = t as unknown as (key: string, options: { replace: Record<string, string> }) => string;
  return ({ key, params }) => {
    const [, group = "", name = ""] = key.split(".");
    const known = `common.report.${group}.${name}`;
    return i18n.exists(known) ? say(known, { replace: params }) : t("common.report.newer");
  };
}
