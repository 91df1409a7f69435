import { useTranslation } from "react-i18next";
import { Card, Select, Switch } from "@/ui";
import type { PartProps } from "./choices";

export function Accommodations({ choices, onChange }: PartProps) {
  const { t } = useTranslation();
  return (
    <Card title={t("candidate.setup.accommodations.title")}>
      <p className="text-muted">{t("candidate.setup.accommodations.lead")}</p>
      <Select
        label={t("candidate.setup.accommodations.time")}
        value={choices.extraTime}
        onChange={(event) => onChange({ extraTime: event.target.value })}
        options={[
          { value: "1", label: t("candidate.setup.accommodations.usual") },
          { value: "1.5", label: t("candidate.setup.accommodations.half") },
          { value: "2", label: t("candidate.setup.accommodations.double") },
          { value: "3", label: t("candidate.setup.accommodations.triple") },
        ]}
      />
      <Switch
        label={t("candidate.setup.accommodations.large")}
        checked={choices.largeText}
        onChange={(largeText) => onChange({ largeText })}
      />
      <Switch
        label={t("candidate.setup.accommodations.typed")}
        checked={choices.typedOnly}
        onChange={(typedOnly) => onChange({ typedOnly })}
      />
      <Switch
        label={t("candidate.setup.accommodations.noCamera")}
        checked={choices.noCamera}
        onChange={(noCamera) => onChange({ noCamera })}
      />
    </Card>
  );
}
