import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import type { Interview } from "@/api/types";
import { Button, Card, Dialog, Form, Note, Submit, TextArea } from "@/ui";

/** The human decision with its reason, and the way to have it looked at again. */
export function DecisionCard({ interview }: { interview: Interview }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Card title={t("candidate.report.decision.title")}>
      {interview.decision ? (
        <>
          <p className="font-medium">{t(`candidate.report.decision.${interview.decision}`)}</p>
          <p className="whitespace-pre-line">{interview.decision_reason}</p>
        </>
      ) : (
        <p className="text-muted">{t("candidate.report.decision.notYet")}</p>
      )}
      {interview.review_requested ? (
        <Note tone="accent">{t("candidate.report.review.requested")}</Note>
      ) : (
        interview.decision && (
          <Button className="self-start" onClick={() => setOpen(true)}>
            {t("candidate.report.review.open")}
          </Button>
        )
      )}
      <ReviewDialog interview={interview} open={open} onClose={() => setOpen(false)} />
    </Card>
  );
}

interface Props {
  interview: Interview;
  open: boolean;
  onClose: () => void;
}

function ReviewDialog({ interview, open, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} title={t("candidate.report.review.title")}>
      <p>{t("candidate.report.review.text")}</p>
      <ReviewForm interview={interview} onDone={onClose} />
    </Dialog>
  );
}

function ReviewForm({ interview, onDone }: { interview: Interview; onDone: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const ask = useChange(
    (body: { reason: string }, header) =>
      read(
        api.POST("/api/v1/interviews/{interview_id}/review-request", {
          params: { path: { interview_id: interview.id }, header },
          body,
        }),
      ),
    { stale: [["interview", interview.id]], onDone },
  );
  return (
    <Form
      error={ask.error}
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate({ reason });
      }}
    >
      <TextArea
        name="reason"
        label={t("candidate.report.review.reason")}
        maxLength={4000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <Submit
        className="self-end"
        disabled={!reason.trim()}
        busy={ask.isPending && t("candidate.report.review.sending")}
      >
        {t("candidate.report.review.send")}
      </Submit>
    </Form>
  );
}
