import { Keyboard } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Turn } from "@/api/types";
import { Button } from "@/ui";
import type { Outbox } from "./outbox";
import { Sending } from "./typed-answer";
import type { Draft } from "./use-draft";
import { useEnding } from "./use-ending";
import type { Media } from "./use-media";

/** An answer by voice: the two ways on. */
export function SpokenAnswer({
  turn,
  outbox,
  draft,
  open,
  media,
  onType,
}: {
  turn: Turn;
  outbox: Outbox;
  draft: Draft;
  open: boolean;
  media: Media;
  onType: () => void;
}) {
  const { t } = useTranslation();
  const { busy, end } = useEnding(turn.id, media, outbox);
  return (
    <div className="flex flex-col gap-3">
      {draft.text.trim() && <p className="text-sm text-muted">{t("candidate.room.spoken.withText")}</p>}
      <Sending outbox={outbox} />
      <div className="flex flex-wrap gap-x-4 gap-y-2">
        <Button
          look="primary"
          size="large"
          disabled={!open}
          onClick={end}
          busy={busy ? t("candidate.room.answer.sending") : null}
        >
          {t("candidate.room.answer.submit")}
        </Button>
        <Button icon={<Keyboard aria-hidden size={18} />} size="large" disabled={busy} onClick={onType}>
          {t("candidate.room.answer.type")}
        </Button>
      </div>
    </div>
  );
}
