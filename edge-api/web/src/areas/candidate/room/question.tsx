import { useMutation } from "@tanstack/react-query";
import { Eye, Pause, Play, Volume2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, keyed, read } from "@/api/client";
import type { Interview } from "@/api/types";
import { Button, cx, ErrorState, Switch } from "@/ui";
import type { RoomState } from "./state";
import { useHeldFor } from "./use-clock";
import { type Media, useSpeaking } from "./use-media";
import { useReadAloud } from "./voice";

/** The question in large type as it comes; while it is prepared, what is happening in words. */
export function QuestionText({ state, thinking }: { state: RoomState; thinking: boolean }) {
  const { t } = useTranslation();
  const slow = useHeldFor(thinking, 2000);
  const slower = useHeldFor(thinking, 8000);
  const large = state.interview?.accommodations?.large_captions;
  const asked = state.turn?.status === "answering";
  return (
    <div className="min-h-24">
      <p
        data-testid="question"
        lang={state.interview?.language}
        aria-hidden={asked ? undefined : true}
        className={cx("leading-snug font-medium", large ? "text-3xl" : "text-2xl")}
      >
        {thinking ? "" : state.question}
      </p>
      {/* Read aloud as a whole: pieces as they stream would be read as fragments. */}
      <p aria-live="polite" lang={state.interview?.language} className="sr-only">
        {asked ? state.question : ""}
      </p>
      <p role="status" className="text-muted">
        {thinking && slow && t(slower ? "candidate.room.thinking.slower" : "candidate.room.thinking.slow")}
      </p>
    </div>
  );
}

export function QuestionActions({
  state,
  media,
  onInterview,
}: {
  state: RoomState;
  media: Media;
  onInterview: (found: Interview) => void;
}) {
  const { t } = useTranslation();
  const { interview, turn } = state;
  const voice = useReadAloud({
    questionId: turn?.question?.id ?? "",
    text: state.question,
    language: interview?.language ?? "ko",
    usual: media.voice === "none",
    allowed: !media.possible || media.voice === "none",
  });
  useSpeaking(media, voice.speaking);
  const spoken = media.link === "open" && ["speaking", "silent"].includes(media.voice);
  const path = { interview_id: interview?.id ?? "" };
  const repeat = useMutation({
    mutationFn: () =>
      read(
        api.POST("/api/v1/interviews/{interview_id}/turns/{turn_id}/repeat", {
          params: { path: { ...path, turn_id: turn?.id ?? "" }, header: keyed() },
        }),
      ),
    onMutate: () => {
      if (spoken && turn) media.tell({ type: "repeat", turn_id: turn.id });
      voice.again();
      document.querySelector("[data-testid=question]")?.scrollIntoView({ block: "center" });
    },
  });
  const pause = useMutation({
    mutationFn: () =>
      read(api.POST("/api/v1/interviews/{interview_id}/pause", { params: { path, header: keyed() } })),
    onSuccess: onInterview,
  });
  const answering = turn?.status === "answering" && interview?.status === "in_progress";
  const heard = spoken || voice.on;
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Button
          icon={heard ? <Volume2 aria-hidden size={18} /> : <Eye aria-hidden size={18} />}
          disabled={!answering}
          onClick={() => repeat.mutate()}
          busy={repeat.isPending ? t("candidate.room.repeatBusy") : null}
        >
          {t(heard ? "candidate.room.hearAgain" : "candidate.room.seeAgain")}
        </Button>
        {turn?.pause_allowed && (
          <Button
            icon={<Pause aria-hidden size={18} />}
            disabled={!answering}
            onClick={() => pause.mutate()}
            busy={pause.isPending ? t("candidate.room.pauseBusy") : null}
          >
            {t("candidate.room.pause")}
          </Button>
        )}
      </div>
      {voice.possible && (
        <Switch
          label={t("candidate.room.readAloud.label")}
          hint={t("candidate.room.readAloud.hint")}
          checked={voice.on}
          onChange={voice.set}
        />
      )}
      {(repeat.error ?? pause.error) && <ErrorState error={repeat.error ?? pause.error} />}
    </div>
  );
}

export function Paused({
  interview,
  onInterview,
}: {
  interview: Interview;
  onInterview: (found: Interview) => void;
}) {
  const { t } = useTranslation();
  const resume = useMutation({
    mutationFn: () =>
      read(
        api.POST("/api/v1/interviews/{interview_id}/resume", {
          params: { path: { interview_id: interview.id }, header: keyed() },
        }),
      ),
    onSuccess: onInterview,
  });
  return (
    <section className="card flex flex-col items-start gap-3 p-6">
      <h2>{t("candidate.room.paused.title")}</h2>
      <p className="text-muted">{t("candidate.room.paused.text")}</p>
      {resume.error && <ErrorState error={resume.error} />}
      <Button
        look="primary"
        icon={<Play aria-hidden size={18} />}
        onClick={() => resume.mutate()}
        busy={resume.isPending ? t("candidate.room.paused.busy") : null}
      >
        {t("candidate.room.paused.resume")}
      </Button>
    </section>
  );
}
