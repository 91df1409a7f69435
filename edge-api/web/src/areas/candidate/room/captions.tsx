import { useTranslation } from "react-i18next";
import { cx, Note } from "@/ui";
import type { RoomState } from "./state";

/** What was heard of this answer: what is settled in full ink and read aloud, what may change faint. */
export function Captions({ state }: { state: RoomState }) {
  const { t } = useTranslation();
  const { caption, utterances, lost, turn, interview } = state;
  const large = interview?.accommodations?.large_captions;
  const unseen = !caption && (turn?.segments ?? 0) > 0;
  // Stays in the document while it is empty: a live region that comes with its words is not read.
  const empty = !caption && !unseen && !lost;
  return (
    <div className={empty ? "sr-only" : "flex flex-col gap-2"}>
      <h2 className="sr-only">{t("candidate.room.captions")}</h2>
      {unseen && <p className="text-muted">{t("candidate.room.spoken.earlier")}</p>}
      <div
        data-testid="captions"
        lang={interview?.language}
        className={cx("flex flex-col gap-1", large ? "text-2xl" : "text-lg")}
      >
        <div aria-live="polite">
          {utterances.map((said, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: utterances are only added at the end
            <p key={at}>{said}</p>
          ))}
        </div>
        <p>
          <span aria-live="polite">{caption?.committed}</span>{" "}
          <span aria-hidden className="text-muted">
            {caption?.unstable}
          </span>
        </p>
      </div>
      <div role="status">{lost && <Note tone="warn">{t("candidate.room.spoken.lost")}</Note>}</div>
    </div>
  );
}
