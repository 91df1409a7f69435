import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "@/ui";

/** One's own picture, mirrored as people know it. Makes no sound. */
export function Preview({ stream, className }: { stream: MediaStream | null; className?: string }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return (
    <video
      ref={video}
      autoPlay
      playsInline
      muted
      aria-label={t("candidate.devices.preview")}
      className={cx("aspect-[4/3] -scale-x-100 rounded-lg bg-sunken object-cover", className)}
    />
  );
}
