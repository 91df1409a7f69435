import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import type { Turn } from "@/api/types";
import { Button, ErrorState, Form, TextArea } from "@/ui";

interface Props {
  interviewId: string;
  turn: Turn | undefined;
  /** The answer is evaluated again: a new version of the report is on its way. */
  awaited: boolean;
  onSaved: () => void;
}

/** Corrects what stands as an answer; the original stays beside it. */
export function Correction({ interviewId, turn, awaited, onSaved }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const answer = turn?.answer;
  const [text, setText] = useState("");
  const save = useChange(
    (corrected: string, header) =>
      read(
        api.PUT("/api/v1/interviews/{interview_id}/answers/{answer_id}/correction", {
          params: { path: { interview_id: interviewId, answer_id: answer?.id ?? "" }, header },
          body: { text: corrected },
        }),
      ),
    {
      stale: [["interview", interviewId]],
      onDone: () => {
        setOpen(false);
        onSaved();
      },
    },
  );
  if (!answer?.text) return null;
  if (!open) {
    return (
      <div className="flex flex-wrap items-center gap-2">
        <Button
          size="small"
          look="quiet"
          className="-ml-3"
          onClick={() => {
            setText(answer.corrected_text || answer.text);
            setOpen(true);
          }}
        >
          {t("candidate.report.correct.open")}
        </Button>
        <p role="status" className="text-sm text-good empty:hidden">
          {save.isSuccess && awaited && t("candidate.report.correct.saved")}
        </p>
      </div>
    );
  }
  return (
    <Form
      error={save.error}
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) save.mutate(text);
      }}
    >
      <TextArea
        name="text"
        label={t("candidate.report.correct.label")}
        hint={t("candidate.report.correct.hint")}
        rows={6}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {save.error && <ErrorState error={save.error} />}
      <div className="flex gap-2">
        <Button type="submit" size="small" look="primary" busy={save.isPending && t("common.state.saving")}>
          {t("candidate.report.correct.save")}
        </Button>
        <Button size="small" look="quiet" onClick={() => setOpen(false)}>
          {t("common.action.cancel")}
        </Button>
      </div>
    </Form>
  );
}
