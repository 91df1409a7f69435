/** One job: make it, change it, close it. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import {
  Back,
  Button,
  Card,
  Confirm,
  ErrorState,
  Form,
  LinkButton,
  Loaded,
  Page,
  Select,
  TextArea,
  TextField,
} from "@/ui";
import { ForCompany } from "./company";
import { type Company, type Job, jobsQuery, type Language, profilesQuery, scenariosQuery } from "./data";

type Fields = Pick<Job, "title" | "description" | "language" | "scenario" | "talent_profile_id" | "open">;
const NEW: Fields = {
  title: "",
  description: "",
  language: "ko",
  scenario: "standard",
  talent_profile_id: "",
  open: true,
};
const [TITLE_LIMIT, DESCRIPTION_LIMIT] = [200, 8000];

export default function JobScreen() {
  const { t } = useTranslation();
  const { id = "new" } = useParams();
  return (
    <Page title={t(id === "new" ? "recruiter.jobs.newTitle" : "recruiter.jobs.editTitle")}>
      <Back to="/recruiter/jobs">{t("recruiter.jobs.back")}</Back>
      <ForCompany>{(company) => <FoundJob key={id} company={company} id={id} />}</ForCompany>
    </Page>
  );
}

function FoundJob({ company, id }: { company: Company; id: string }) {
  const { t } = useTranslation();
  const jobs = useQuery(jobsQuery(company.id));
  return (
    <Loaded query={jobs} words={t("recruiter.jobs.loading")}>
      {(found) => {
        const job = found.find((each) => each.id === id);
        return (
          <>
            <JobForm company={company} job={job} />
            <Policy company={company} />
            {job && <Closing company={company} job={job} />}
          </>
        );
      }}
    </Loaded>
  );
}

export function useSaveJob(company_id: string, onDone: (job: Job) => void) {
  return useChange(
    ({ id, ...body }: Fields & { id?: string }, header) => {
      const path = { company_id };
      return id
        ? read(
            api.PUT("/api/v1/companies/{company_id}/jobs/{job_id}", {
              params: { path: { ...path, job_id: id }, header },
              body,
            }),
          )
        : read(api.POST("/api/v1/companies/{company_id}/jobs", { params: { path, header }, body }));
    },
    { stale: [["jobs", company_id]], onDone },
  );
}

function fieldsOf(job: Job): Fields {
  const { title, description, language, scenario, talent_profile_id, open } = job;
  return { title, description, language, scenario, talent_profile_id, open };
}

function JobForm({ company, job }: { company: Company; job: Job | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const form = useForm<Fields>({ defaultValues: job ? fieldsOf(job) : NEW });
  const save = useSaveJob(
    company.id,
    (saved) => !job && navigate(`/recruiter/jobs/${saved.id}`, { replace: true }),
  );
  const { errors } = form.formState;
  return (
    <Card>
      <Form
        error={save.error}
        onSubmit={form.handleSubmit((fields) =>
          save.mutate({ ...fields, open: job?.open ?? true, ...(job && { id: job.id }) }),
        )}
      >
        <TextField
          label={t("recruiter.jobs.name")}
          hint={t("recruiter.jobs.nameHint")}
          maxLength={TITLE_LIMIT}
          error={errors.title && t("recruiter.jobs.nameNeeded")}
          {...form.register("title", { validate: (text) => text.trim() !== "" })}
        />
        <TextArea
          label={t("recruiter.jobs.description")}
          hint={t("recruiter.jobs.descriptionHint")}
          rows={6}
          maxLength={DESCRIPTION_LIMIT}
          {...form.register("description")}
        />
        <InterviewChoices company={company} form={form} />
        {save.error && <ErrorState error={save.error} />}
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" busy={save.isPending && t("common.state.saving")}>
            {t("recruiter.jobs.save")}
          </Button>
          {job?.open && (
            <LinkButton to={`/recruiter/invitations?job=${job.id}`}>{t("recruiter.jobs.invite")}</LinkButton>
          )}
          <p role="status" className="text-good">
            {save.isSuccess && t("recruiter.jobs.saved")}
          </p>
        </div>
      </Form>
    </Card>
  );
}

function InterviewChoices({ company, form }: { company: Company; form: ReturnType<typeof useForm<Fields>> }) {
  const { t } = useTranslation();
  const scenarios = useQuery(scenariosQuery(company.id));
  const profiles = useQuery(profilesQuery(company.id));
  const language: Language = form.watch("language");
  const chosen = form.watch("scenario");
  // What is not loaded yet stays a choice, so that the form never loses it.
  const known = (scenarios.data ?? []).filter(
    (each) => each.language === language && each.name !== "practice",
  );
  const names = known.some((each) => each.name === chosen)
    ? known
    : [{ name: chosen, title: chosen }, ...known];
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label={t("recruiter.jobs.language")}
          hint={t("recruiter.jobs.languageHint")}
          options={(["ko", "en"] as const).map((value) => ({
            value,
            label: t(`recruiter.languages.${value}`),
          }))}
          {...form.register("language")}
        />
        <Select
          key={names.length}
          label={t("recruiter.jobs.scenario")}
          hint={t("recruiter.jobs.scenarioHint")}
          options={names.map((each) => ({ value: each.name, label: each.title }))}
          {...form.register("scenario")}
        />
      </div>
      <Select
        key={profiles.data?.length}
        label={t("recruiter.jobs.profile")}
        options={[
          { value: "", label: t("recruiter.jobs.profileNone") },
          ...(profiles.data ?? []).map((each) => ({ value: each.id, label: each.name })),
        ]}
        {...form.register("talent_profile_id")}
      />
      {(scenarios.error || profiles.error) && <ErrorState error={scenarios.error ?? profiles.error} />}
    </>
  );
}

/** What the company has set for all its interviews. */
function Policy({ company }: { company: Company }) {
  const { t } = useTranslation();
  const facts = [
    [t("recruiter.companies.behaviour"), t(`recruiter.companies.behaviours.${company.behaviour_policy}`)],
    [
      t("recruiter.companies.emotion"),
      t(company.emotion ? "recruiter.companies.on" : "recruiter.companies.off"),
    ],
    [t("recruiter.companies.blind"), t(company.blind ? "recruiter.companies.on" : "recruiter.companies.off")],
    [t("recruiter.companies.retention"), String(company.retention_days)],
  ];
  return (
    <Card
      title={t("recruiter.jobs.policy")}
      aside={
        <Link to={`/recruiter/companies/${company.id}`} className="text-accent">
          {t("recruiter.jobs.policyChange")}
        </Link>
      }
    >
      <dl className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-sm text-muted">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Closing({ company, job }: { company: Company; job: Job }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const save = useSaveJob(company.id, () => setAsking(false));
  const set = (open: boolean) => save.mutate({ ...fieldsOf(job), id: job.id, open });
  return (
    <Card title={t(job.open ? "recruiter.jobs.isOpen" : "recruiter.jobs.closed")}>
      <p className="text-muted">{t("recruiter.jobs.isOpenHint")}</p>
      {job.open ? (
        <Button look="danger" className="self-start" onClick={() => setAsking(true)}>
          {t("recruiter.jobs.close")}
        </Button>
      ) : (
        <Button
          className="self-start"
          onClick={() => set(true)}
          busy={save.isPending && t("common.state.saving")}
        >
          {t("recruiter.jobs.reopen")}
        </Button>
      )}
      {!asking && save.error && <ErrorState error={save.error} />}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => set(false)}
        title={t("recruiter.jobs.closeTitle")}
        action={t("recruiter.jobs.close")}
        busy={save.isPending}
        error={save.error}
      >
        <p>{t("recruiter.jobs.closeText")}</p>
      </Confirm>
    </Card>
  );
}
