import { useTranslation } from "react-i18next";
import type { Presence as State } from "./state";

/** The interviewer: an abstract shape that breathes, and its state in words. */
export function Presence({ state }: { state: State }) {
  const { t } = useTranslation();
  return (
    <div className="flex items-center gap-4">
      <svg
        viewBox="0 0 80 80"
        aria-hidden="true"
        className="presence size-16 shrink-0 sm:size-20"
        data-state={state}
      >
        <circle cx="40" cy="40" r="36" className="presence-outer" />
        <circle cx="40" cy="40" r="26" className="presence-middle" />
        <circle cx="40" cy="40" r="16" className="presence-inner" />
      </svg>
      <div>
        <p className="text-sm text-muted">{t("candidate.room.interviewer")}</p>
        <p className="font-medium">{t(`candidate.room.presence.${state}`)}</p>
      </div>
    </div>
  );
}
