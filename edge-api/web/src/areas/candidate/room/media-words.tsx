import { RotateCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui";
import { CaptureTroubles } from "../devices/capture-trouble";
import { useLevel } from "../devices/use-level";
import { useHeldFor } from "./use-clock";
import type { Media } from "./use-media";

/** What becomes of the person's voice, in words, and the way on where it does not arrive. */
export function MediaWords({ media, muted }: { media: Media; muted: boolean }) {
  const { t } = useTranslation();
  const long = useHeldFor(media.link === "waiting" || media.link === "connecting", 10_000);
  const { captured, link } = media;
  const word = wordOf(media, muted);
  return (
    <div className="flex flex-col items-start gap-2">
      <p role="status" className="text-muted">
        {t(`candidate.room.media.${word}`)}
      </p>
      {word === "open" && <Level stream={captured?.stream ?? null} />}
      <CaptureTroubles captured={captured} />
      {(link === "unavailable" || long) && (
        <Button size="small" icon={<RotateCw aria-hidden size={16} />} onClick={media.retry}>
          {t("candidate.room.media.retry")}
        </Button>
      )}
      {(captured?.audio || captured?.video) && (
        <Button size="small" onClick={media.ask}>
          {t("candidate.room.media.ask")}
        </Button>
      )}
    </div>
  );
}

/** That something is heard at all; for eyes only, since the words above say that it is listened to. */
function Level({ stream }: { stream: MediaStream | null }) {
  const { level } = useLevel(stream);
  return <progress value={level} max={1} aria-hidden className="bar max-w-60" />;
}

function wordOf({ link, quiet, listening }: Media, muted: boolean) {
  if (link !== "open") return link;
  if (quiet) return "quiet";
  if (listening !== "ok") return listening === "off" ? "deaf" : "recovering";
  return muted ? "muted" : "open";
}
