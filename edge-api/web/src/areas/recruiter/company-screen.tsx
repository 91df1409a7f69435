/** One company: its settings, and who works for it. */

import { useQuery } from "@tanstack/react-query";
import { Controller, useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { consentTextsQuery } from "@/api/consents";
import { language } from "@/i18n";
import {
  Back,
  Button,
  Card,
  ErrorState,
  Form,
  Loaded,
  Page,
  Select,
  Switch,
  TextArea,
  TextField,
} from "@/ui";
import { type Company, companiesQuery } from "./data";
import { Members } from "./members";

type Fields = Omit<Company, "id" | "created_at">;
const NEW: Omit<Fields, "retention_days"> = {
  name: "",
  profile: "",
  behaviour_policy: "observe",
  emotion: false,
  blind: false,
};
const [NAME_LIMIT, PROFILE_LIMIT] = [80, 4000];
const POLICIES = ["off", "observe", "scored"] as const;

export default function CompanyScreen() {
  const { t } = useTranslation();
  const { id = "new" } = useParams();
  const companies = useQuery(companiesQuery);
  return (
    <Page title={t(id === "new" ? "recruiter.companies.newTitle" : "recruiter.companies.editTitle")}>
      <Back to="/recruiter/companies">{t("recruiter.companies.back")}</Back>
      <Loaded query={companies} words={t("recruiter.company.loading")}>
        {(found) => {
          const company = found.find((each) => each.id === id);
          return (
            <>
              {company ? <CompanyForm key={id} begin={fieldsOf(company)} id={id} /> : <NewCompany />}
              {company && <Members company={company} />}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

export function useSaveCompany(onDone: (saved: Company) => void) {
  return useChange(
    ({ id, ...body }: Fields & { id?: string }, header) =>
      id
        ? read(
            api.PUT("/api/v1/companies/{company_id}", { params: { path: { company_id: id }, header }, body }),
          )
        : read(api.POST("/api/v1/companies", { params: { header }, body })),
    { stale: [["companies"]], onDone },
  );
}

export function fieldsOf({
  name,
  profile,
  behaviour_policy,
  emotion,
  blind,
  retention_days,
}: Company): Fields {
  return { name, profile, behaviour_policy, emotion, blind, retention_days };
}

function NewCompany() {
  const { t } = useTranslation();
  const usual = useQuery(consentTextsQuery(language()));
  return (
    <Loaded query={usual} words={t("recruiter.company.loading")}>
      {({ retention_days }) => <CompanyForm begin={{ ...NEW, retention_days }} />}
    </Loaded>
  );
}

function CompanyForm({ begin, id }: { begin: Fields; id?: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const form = useForm<Fields>({ defaultValues: begin });
  const save = useSaveCompany(
    (saved) => !id && navigate(`/recruiter/companies/${saved.id}`, { replace: true }),
  );
  const { errors } = form.formState;
  return (
    <Card>
      <Form
        error={save.error}
        className="flex flex-col gap-5"
        onSubmit={form.handleSubmit((fields) => save.mutate({ ...fields, ...(id && { id }) }))}
      >
        <TextField
          label={t("recruiter.companies.name")}
          maxLength={NAME_LIMIT}
          error={errors.name && t("recruiter.companies.nameNeeded")}
          {...form.register("name", { validate: (text) => text.trim() !== "" })}
        />
        <TextArea
          label={t("recruiter.companies.profile")}
          hint={t("recruiter.companies.profileHint")}
          rows={5}
          maxLength={PROFILE_LIMIT}
          {...form.register("profile")}
        />
        <Select
          label={t("recruiter.companies.behaviour")}
          hint={t("recruiter.companies.behaviourHint")}
          options={POLICIES.map((value) => ({ value, label: t(`recruiter.companies.behaviours.${value}`) }))}
          {...form.register("behaviour_policy")}
        />
        {(["emotion", "blind"] as const).map((name) => (
          <Controller
            key={name}
            name={name}
            control={form.control}
            render={({ field }) => (
              <Switch
                label={t(`recruiter.companies.${name}`)}
                hint={t(`recruiter.companies.${name}Hint`)}
                checked={field.value}
                onChange={field.onChange}
              />
            )}
          />
        ))}
        <TextField
          type="number"
          min={1}
          max={3650}
          className="max-w-60"
          label={t("recruiter.companies.retention")}
          hint={t("recruiter.companies.retentionHint")}
          error={errors.retention_days && t("admin.retention.daysWrong")}
          {...form.register("retention_days", { valueAsNumber: true, min: 1, max: 3650, required: true })}
        />
        {save.error && <ErrorState error={save.error} />}
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" busy={save.isPending && t("common.state.saving")}>
            {t("recruiter.jobs.save")}
          </Button>
          <p role="status" className="text-good">
            {save.isSuccess && t("recruiter.companies.saved")}
          </p>
        </div>
      </Form>
    </Card>
  );
}
