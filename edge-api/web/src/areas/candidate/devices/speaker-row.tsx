import { Volume2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui";
import { playChime } from "./sound";

type Speaker = "untried" | "playing" | "asked" | "heard" | "unheard";

/** Plays a short sound and asks whether it was heard. */
export function SpeakerRow() {
  const { t } = useTranslation();
  const [speaker, setSpeaker] = useState<Speaker>("untried");
  const play = () => {
    setSpeaker("playing");
    playChime().then(
      () => setSpeaker("asked"),
      () => setSpeaker("unheard"),
    );
  };
  return (
    <section className="flex flex-col items-start gap-2">
      <h3>{t("candidate.devices.speaker.title")}</h3>
      <Button
        size="small"
        icon={<Volume2 aria-hidden size={16} />}
        onClick={play}
        busy={speaker === "playing" ? t("candidate.devices.speaker.playing") : null}
      >
        {t(speaker === "untried" ? "candidate.devices.speaker.play" : "candidate.devices.speaker.replay")}
      </Button>
      <div role="status" className="flex flex-wrap items-center gap-2">
        {speaker === "asked" && (
          <>
            <span>{t("candidate.devices.speaker.asked")}</span>
            <Button size="small" onClick={() => setSpeaker("heard")}>
              {t("candidate.devices.speaker.yes")}
            </Button>
            <Button size="small" onClick={() => setSpeaker("unheard")}>
              {t("candidate.devices.speaker.no")}
            </Button>
          </>
        )}
        {speaker === "heard" && t("candidate.devices.speaker.heard")}
        {speaker === "unheard" && t("candidate.devices.speaker.unheard")}
      </div>
    </section>
  );
}
