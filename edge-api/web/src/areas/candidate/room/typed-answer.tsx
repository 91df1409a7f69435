import { Mic } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button, ErrorState, Note, TextArea } from "@/ui";
import type { Outbox } from "./outbox";
import type { Draft } from "./use-draft";

const MOST = 20_000;

/** An answer as text. */
export function TypedAnswer({
  outbox,
  draft,
  open,
  spokenBefore,
  onSpeak,
}: {
  outbox: Outbox;
  draft: Draft;
  open: boolean;
  /** Something was said in this turn already: what is typed follows it. */
  spokenBefore: boolean;
  /** Null where answers cannot be spoken. */
  onSpeak: (() => void) | null;
}) {
  const { t } = useTranslation();
  const box = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (open) box.current?.querySelector("textarea")?.focus({ preventScroll: true });
  }, [open]);
  const ready = draft.text.trim() || spokenBefore;
  return (
    <form
      ref={box}
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && open) outbox.submit(draft.text);
      }}
    >
      <TextArea
        label={t("candidate.room.answer.label")}
        hint={spokenBefore ? t("candidate.room.answer.follows") : undefined}
        rows={7}
        maxLength={MOST}
        value={draft.text}
        readOnly={!open || outbox.sending !== "no"}
        onChange={(event) => draft.setText(event.target.value)}
        placeholder={open ? t("candidate.room.answer.placeholder") : ""}
      />
      <Sending outbox={outbox} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button
          type="submit"
          look="primary"
          size="large"
          disabled={!open || !ready}
          busy={outbox.sending === "no" ? null : t("candidate.room.answer.sending")}
        >
          {t("candidate.room.answer.submit")}
        </Button>
        {onSpeak && (
          <Button icon={<Mic aria-hidden size={18} />} onClick={onSpeak}>
            {t("candidate.room.answer.speak")}
          </Button>
        )}
        <p role="status" className="text-sm text-muted">
          {t(`candidate.room.draft.${draft.state}`)}
        </p>
      </div>
    </form>
  );
}

/** What has become of an answer that is on its way. */
export function Sending({ outbox }: { outbox: Outbox }) {
  const { t } = useTranslation();
  return (
    <>
      <div role="status">
        {outbox.sending === "waiting" && <Note tone="warn">{t("candidate.room.answer.waiting")}</Note>}
      </div>
      {outbox.error !== null && <ErrorState error={outbox.error} />}
    </>
  );
}
