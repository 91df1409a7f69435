/** A person decides, with a reason that the candidate can read. */

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { Button, Card, Dialog, ErrorState, Form, Note, TextArea } from "@/ui";
import type { Interview } from "./data";
import { DECISIONS, DecisionBadge } from "./words";

type Decision = NonNullable<Interview["decision"]>;
const REASON_LIMIT = 4000;

export function DecisionCard({ interview }: { interview: Interview }) {
  const { t } = useTranslation();
  const [choice, setChoice] = useState<Decision | null>(interview.decision);
  const [reason, setReason] = useState(interview.decision_reason);
  const [tried, setTried] = useState(false);
  const [asking, setAsking] = useState(false);
  const record = useRecord(interview.id, () => setAsking(false));
  const ask = (event: React.FormEvent) => {
    event.preventDefault();
    setTried(true);
    record.reset();
    if (choice && reason.trim()) setAsking(true);
  };
  return (
    <Card
      title={t("recruiter.report.decideTitle")}
      aside={
        <span className="flex items-center gap-2 text-muted">
          {t("recruiter.report.now")} <DecisionBadge decision={interview.decision} />
        </span>
      }
    >
      {interview.review_requested && <ReviewRequest reason={interview.review_reason} />}
      <p className="text-muted">{t("recruiter.report.decideText")}</p>
      <Form error={record.error} onSubmit={ask}>
        <Choices
          value={choice}
          onChange={setChoice}
          error={tried && !choice ? t("recruiter.report.choiceNeeded") : ""}
        />
        <TextArea
          name="reason"
          label={t("recruiter.report.reason")}
          hint={t("recruiter.report.reasonHint")}
          value={reason}
          maxLength={REASON_LIMIT}
          onChange={(event) => setReason(event.target.value)}
          error={tried && !reason.trim() ? t("recruiter.report.reasonNeeded") : undefined}
        />
        <Button type="submit" look="primary" className="self-start">
          {t(interview.decision ? "recruiter.report.change" : "recruiter.report.save")}
        </Button>
        <p role="status" className="text-good empty:hidden">
          {record.isSuccess && t("recruiter.report.saved")}
        </p>
      </Form>
      {choice && (
        <Dialog
          open={asking}
          onClose={() => setAsking(false)}
          title={t("recruiter.report.confirmTitle", { decision: t(`recruiter.decision.${choice}`) })}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{t("common.action.cancel")}</Button>
              <Button
                look="primary"
                busy={record.isPending && t("common.state.saving")}
                onClick={() => record.mutate({ decision: choice, reason: reason.trim() })}
              >
                {t("recruiter.report.save")}
              </Button>
            </>
          }
        >
          <p>{t("recruiter.report.confirmText")}</p>
          <blockquote className="border-l-2 border-line-strong pl-3 whitespace-pre-wrap">
            {reason.trim()}
          </blockquote>
          {record.error && <ErrorState error={record.error} />}
        </Dialog>
      )}
    </Card>
  );
}

function useRecord(interview_id: string, onDone: () => void) {
  return useChange(
    (body: { decision: Decision; reason: string }, headers) =>
      read(
        api.POST("/api/v1/interviews/{interview_id}/decision", {
          params: { path: { interview_id }, header: headers },
          body,
        }),
      ),
    { stale: [["interview", interview_id], ["interviews"]], onDone },
  );
}

interface ChoicesProps {
  value: Decision | null;
  onChange: (value: Decision) => void;
  error: string;
}

function Choices({ value, onChange, error }: ChoicesProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="flex flex-col gap-2" aria-describedby={error ? "decision-error" : undefined}>
      <legend className="mb-1 font-medium">{t("recruiter.report.choice")}</legend>
      <div className="flex flex-wrap gap-2">
        {DECISIONS.map((each) => (
          <label
            key={each}
            className="flex min-h-11 cursor-pointer items-center gap-2 rounded-lg border border-line-strong px-4 has-checked:border-accent has-checked:bg-accent-soft has-checked:text-accent-strong has-focus-visible:outline-2"
          >
            <input
              type="radio"
              name="decision"
              value={each}
              checked={value === each}
              onChange={() => onChange(each)}
              className="size-4 accent-(--accent)"
            />
            {t(`recruiter.decision.${each}`)}
          </label>
        ))}
      </div>
      {error && (
        <p id="decision-error" role="alert" className="text-sm text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}

function ReviewRequest({ reason }: { reason: string }) {
  const { t } = useTranslation();
  return (
    <Note tone="warn">
      <h3>{t("recruiter.report.reviewTitle")}</h3>
      <blockquote className="border-l-2 border-current pl-3 whitespace-pre-wrap">{reason}</blockquote>
      <p>{t("recruiter.report.reviewText")}</p>
    </Note>
  );
}
