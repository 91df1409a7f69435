import { useTranslation } from "react-i18next";
import { number } from "@/i18n/format";
import { Badge } from "@/ui";

/** One score out of 5; without evidence it is words and never a number. */
export function Score({ score, digits = 0 }: { score: number | null; digits?: number }) {
  const { t } = useTranslation();
  if (score === null) return <Badge>{t("common.report.insufficient")}</Badge>;
  return <Badge tone="accent">{t("common.report.of5", { score: number(score, digits) })}</Badge>;
}
