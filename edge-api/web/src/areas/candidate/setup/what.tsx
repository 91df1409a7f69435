import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { LANGUAGES } from "@/i18n";
import { Card, ErrorState, Select } from "@/ui";
import { invitedQuery, scenariosQuery, useChosenResume, useResumes } from "../queries";
import type { PartProps } from "./choices";

/** For whom and about what: a company's job where one was offered, else a scenario of one's own. */
export function What({ choices, onChange, practice }: PartProps & { practice: boolean }) {
  const { t } = useTranslation();
  return (
    <Card title={t("candidate.setup.what.title")}>
      {!practice && <Offer choices={choices} onChange={onChange} />}
      {!practice && !choices.jobId && <Scenario choices={choices} onChange={onChange} />}
      <Select
        name="language"
        label={t("candidate.setup.what.language")}
        value={choices.language}
        onChange={(event) => onChange({ language: event.target.value === "en" ? "en" : "ko" })}
        options={LANGUAGES.map((each) => ({ value: each, label: t(`candidate.setup.language.${each}`) }))}
      />
      {!practice && <Resume choices={choices} onChange={onChange} />}
    </Card>
  );
}

function Offer({ choices, onChange }: PartProps) {
  const { t } = useTranslation();
  const invited = useQuery(invitedQuery);
  if (invited.error) return <ErrorState error={invited.error} onRetry={() => void invited.refetch()} />;
  if (!invited.data?.length && !choices.jobId) return null;
  const jobs = invited.data ?? [];
  const choose = (jobId: string) => {
    const job = jobs.find((each) => each.job.id === jobId)?.job;
    onChange({ jobId, ...(job && { language: job.language }) });
  };
  return (
    <Select
      key={jobs.length}
      name="job_id"
      label={t("candidate.setup.what.for")}
      value={choices.jobId}
      onChange={(event) => choose(event.target.value)}
      options={[
        ...jobs.map(({ job, company }) => ({ value: job.id, label: `${company.name} · ${job.title}` })),
        { value: "", label: t("candidate.setup.what.own") },
      ]}
    />
  );
}

function Scenario({ choices, onChange }: PartProps) {
  const { t } = useTranslation();
  const scenarios = useQuery(scenariosQuery(choices.language));
  if (scenarios.error) return <ErrorState error={scenarios.error} onRetry={() => void scenarios.refetch()} />;
  return (
    <Select
      key={scenarios.data?.length}
      name="scenario"
      label={t("candidate.setup.what.scenario")}
      value={choices.scenario}
      onChange={(event) => onChange({ scenario: event.target.value })}
      options={(scenarios.data ?? []).map(({ name, title }) => ({ value: name, label: title }))}
    />
  );
}

function Resume({ choices, onChange }: PartProps) {
  const { t } = useTranslation();
  const resumes = useResumes();
  const ready = (resumes.data ?? []).filter((each) => each.status === "ready");
  return (
    <Select
      key={ready.length}
      name="resume_id"
      label={t("candidate.setup.what.resume")}
      hint={t("candidate.setup.what.resumeHint")}
      value={useChosenResume(choices.resumeId)}
      onChange={(event) => onChange({ resumeId: event.target.value })}
      options={[
        { value: "", label: t("candidate.setup.what.noResume") },
        ...ready.map((each) => ({ value: each.id, label: each.file_name })),
      ]}
    />
  );
}
