import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { consentTextsQuery } from "@/api/consents";
import type { ConsentText, Interview } from "@/api/types";
import { Button, Card, Confirm } from "@/ui";
import { interviewConsentsQuery } from "../queries";

/** What of the candidate is kept because they agreed to it, and may be erased for that reason alone. */
export function KeptConsents({ interview }: { interview: Interview }) {
  const { t } = useTranslation();
  const kept = useQuery(interviewConsentsQuery(interview.id)).data ?? [];
  const texts = useQuery(consentTextsQuery(interview.language)).data?.texts ?? [];
  // Taking back what is required ends an interview, and is no part of this.
  const optional = texts.filter(({ required }) => !required);
  const stateOf = (text: ConsentText) => kept.find(({ purpose }) => purpose === text.purpose);
  const given = optional.filter((text) => stateOf(text)?.granted && !stateOf(text)?.withdrawn_at);
  const taken = optional.filter((text) => stateOf(text)?.withdrawn_at).length;
  if (given.length + taken === 0) return null;
  return (
    <Card title={t("candidate.report.consents.title")}>
      <p className="text-muted">{t("candidate.report.consents.lead")}</p>
      <ul className="flex flex-col gap-3">
        {given.map((text) => (
          <li
            key={text.purpose}
            className="flex flex-wrap items-center justify-between gap-2 border-t border-line pt-3"
          >
            <span className="font-medium">{text.title}</span>
            <TakeBack interviewId={interview.id} text={text} />
          </li>
        ))}
      </ul>
      <p role="status" className="text-good empty:hidden">
        {taken > 0 && t("candidate.report.consents.taken", { count: taken })}
      </p>
    </Card>
  );
}

function TakeBack({ interviewId, text }: { interviewId: string; text: ConsentText }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const { purpose, version, title } = text;
  const take = useChange(
    (_: undefined, header) =>
      read(
        api.PUT("/api/v1/interviews/{interview_id}/consents", {
          params: { path: { interview_id: interviewId }, header },
          body: { choices: [{ purpose, version, granted: false }] },
        }),
      ),
    {
      stale: [
        ["consents", interviewId],
        ["report", interviewId],
      ],
      onDone: () => setAsking(false),
    },
  );
  return (
    <>
      <Button
        size="small"
        aria-label={t("candidate.report.consents.takeOf", { title })}
        onClick={() => setAsking(true)}
      >
        {t("candidate.report.consents.take")}
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => take.mutate(undefined)}
        title={t("candidate.report.consents.takeOf", { title })}
        action={t("candidate.report.consents.take")}
        busy={take.isPending}
        error={take.error}
      >
        <p>{t(`candidate.report.consents.erased.${purpose}`)}</p>
      </Confirm>
    </>
  );
}
