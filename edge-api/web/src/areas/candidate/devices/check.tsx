import { Camera, Keyboard, Mic } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Card, Note } from "@/ui";
import { type Captured, capture, release } from "./capture";
import { CaptureTroubles } from "./capture-trouble";
import type { Capturing } from "./choices";
import { NetworkRow } from "./network-row";
import { Preview } from "./preview";
import { SpeakerRow } from "./speaker-row";
import { useLevel } from "./use-level";

/** Camera, microphone, speaker and network, tried on this device: nothing of it is sent. Never in the way of starting. */
export function DeviceCheck({ wish }: { wish: Capturing }) {
  const { t } = useTranslation();
  return (
    <Card title={t("candidate.devices.title")}>
      {wish.audio ? (
        <Capture key={`${wish.audio} ${wish.video}`} wish={wish} />
      ) : (
        <Note icon={<Keyboard aria-hidden size={20} />}>
          <p className="font-medium">{t("candidate.devices.typed")}</p>
          <p>{t("candidate.devices.nothingOn")}</p>
        </Note>
      )}
      <NetworkRow />
    </Card>
  );
}

function Capture({ wish }: { wish: Capturing }) {
  const { t } = useTranslation();
  const { captured, asking, ask } = useCapture(wish);
  const kind = wish.video ? "both" : "microphone";
  if (!captured) {
    return (
      <div className="flex flex-col items-start gap-3">
        <p className="text-muted">{t(`candidate.devices.lead.${kind}`)}</p>
        <Button
          icon={wish.video ? <Camera aria-hidden size={18} /> : <Mic aria-hidden size={18} />}
          onClick={() => void ask()}
          busy={asking ? t("candidate.devices.asking") : null}
        >
          {t(`candidate.devices.begin.${kind}`)}
        </Button>
        {asking && <p role="status">{t("candidate.devices.allow")}</p>}
      </div>
    );
  }
  const { stream, audio, video } = captured;
  return (
    <div className="flex flex-col gap-4">
      <CaptureTroubles captured={captured} />
      <div className="grid items-start gap-6 sm:grid-cols-2">
        {wish.video && !video && <Preview stream={stream} className="w-full" />}
        <div className="flex flex-col gap-4">
          {!audio && <MicrophoneRow stream={stream} />}
          <SpeakerRow />
        </div>
      </div>
      {(audio || video) && (
        <Button
          className="self-start"
          onClick={() => void ask()}
          busy={asking ? t("candidate.devices.asking") : null}
        >
          {t("candidate.devices.again")}
        </Button>
      )}
    </div>
  );
}

/** The devices while this stands on the screen; they are let go with it. */
function useCapture(wish: Capturing) {
  const [captured, setCaptured] = useState<Captured | null>(null);
  const [asking, setAsking] = useState(false);
  const held = useRef<MediaStream | null>(null);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
      release(held.current);
    };
  }, []);
  const ask = async () => {
    setAsking(true);
    release(held.current);
    const found = await capture(wish);
    if (gone.current) return release(found.stream);
    held.current = found.stream;
    setCaptured(found);
    setAsking(false);
  };
  return { captured, asking, ask };
}

function MicrophoneRow({ stream }: { stream: MediaStream | null }) {
  const { t } = useTranslation();
  const { level, loudness } = useLevel(stream);
  return (
    <section className="flex flex-col gap-1">
      <h3>{t("candidate.devices.microphone.title")}</h3>
      <progress value={level} max={1} aria-label={t("candidate.devices.microphone.level")} className="bar" />
      <p role="status" className="text-sm text-muted">
        {t(`candidate.devices.microphone.${loudness}`)}
      </p>
    </section>
  );
}
