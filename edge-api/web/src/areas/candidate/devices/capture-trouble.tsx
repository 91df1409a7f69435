import { useTranslation } from "react-i18next";
import { Note } from "@/ui";
import type { Captured, CaptureProblem } from "./capture";

/** Why devices could not be opened, what to do about it, and that the interview goes on without them. */
export function CaptureTroubles({ captured }: { captured: Captured | null }) {
  const { audio, video } = captured ?? { audio: null, video: null };
  if (audio && audio === video) return <Trouble device="both" problem={audio} />;
  return (
    <>
      {audio && <Trouble device="microphone" problem={audio} />}
      {video && <Trouble device="camera" problem={video} />}
    </>
  );
}

function Trouble({ device, problem }: { device: "camera" | "microphone" | "both"; problem: CaptureProblem }) {
  const { t } = useTranslation();
  return (
    <div role="alert">
      <Note tone="warn">
        <p className="font-medium">{t(`candidate.devices.trouble.${device}`)}</p>
        <p className="text-ink">{t(`candidate.devices.mend.${problem}`)}</p>
        <p className="text-ink">{t(`candidate.devices.without.${device}`)}</p>
      </Note>
    </div>
  );
}
