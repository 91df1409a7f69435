import { Volume2 } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui";

/** The interviewer's voice. A browser that plays nothing unasked gets a button to be asked with. */
export function Sound({ stream }: { stream: MediaStream | null }) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const [blocked, setBlocked] = useState(false);
  const play = useCallback(() => {
    audio.current?.play().then(
      () => setBlocked(false),
      (error: unknown) => setBlocked(error instanceof DOMException && error.name === "NotAllowedError"),
    );
  }, []);
  useEffect(() => {
    if (!audio.current) return;
    audio.current.srcObject = stream;
    if (stream) play();
  }, [stream, play]);
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: the question stands beside it as text */}
      <audio ref={audio} />
      {blocked && stream && (
        <Button icon={<Volume2 aria-hidden size={18} />} onClick={play} className="self-start">
          {t("candidate.room.soundOn")}
        </Button>
      )}
    </>
  );
}
