/** How long each company keeps personal data. */

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { consentTextsQuery } from "@/api/consents";
import { fieldsOf, useSaveCompany } from "@/areas/recruiter/company-screen";
import { type Company, companiesQuery } from "@/areas/recruiter/data";
import { language } from "@/i18n";
import { Button, type Column, Dialog, EmptyState, Form, Page, Submit, Table, TextField } from "@/ui";

const [FEWEST, MOST] = [1, 3650];

export default function Retention() {
  const { t } = useTranslation();
  const companies = useQuery(companiesQuery);
  const usual = useQuery(consentTextsQuery(language()));
  const [changing, setChanging] = useState<Company | null>(null);
  const [said, setSaid] = useState("");
  const columns: Column<Company>[] = [
    {
      id: "company",
      title: t("admin.retention.company"),
      sortBy: (row) => row.name,
      cell: (row) => row.name,
    },
    {
      id: "days",
      title: t("admin.retention.days"),
      numeric: true,
      sortBy: (row) => row.retention_days,
      cell: (row) => t("admin.retention.daysN", { n: row.retention_days }),
    },
    {
      id: "actions",
      title: t("common.table.actions"),
      cell: (row) => (
        <Button
          size="small"
          aria-label={t("admin.retention.changeOf", { name: row.name })}
          onClick={() => setChanging(row)}
        >
          {t("admin.retention.change")}
        </Button>
      ),
    },
  ];
  return (
    <Page width="wide" title={t("admin.retention.title")} lead={t("admin.retention.intro")}>
      <p role="status" className="text-good empty:hidden">
        {said}
      </p>
      <Table
        caption={t("admin.retention.caption")}
        columns={columns}
        rows={companies.data}
        rowId={(row) => row.id}
        filterText={(row) => row.name}
        loading={t("admin.retention.loading")}
        error={companies.error}
        onRetry={() => void companies.refetch()}
        empty={
          <EmptyState title={t("admin.retention.emptyTitle")}>
            {usual.data && t("admin.retention.emptyText", { days: usual.data.retention_days })}
          </EmptyState>
        }
      />
      {changing && (
        <ChangeDays
          key={changing.id}
          company={changing}
          onClose={() => setChanging(null)}
          onDone={() => setSaid(t("admin.retention.saved"))}
        />
      )}
    </Page>
  );
}

function ChangeDays({
  company,
  onClose,
  onDone,
}: {
  company: Company;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const [days, setDays] = useState(String(company.retention_days));
  const fits = /^\d+$/.test(days) && Number(days) >= FEWEST && Number(days) <= MOST;
  const save = useSaveCompany(() => {
    onDone();
    onClose();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (fits) save.mutate({ ...fieldsOf(company), id: company.id, retention_days: Number(days) });
  };
  return (
    <Dialog open onClose={onClose} title={t("admin.retention.changeTitle", { name: company.name })}>
      <Form error={save.error} onSubmit={submit}>
        <p>{t("admin.retention.changeText")}</p>
        <TextField
          name="retention_days"
          inputMode="numeric"
          label={t("admin.retention.daysLabel")}
          value={days}
          onChange={(event) => setDays(event.target.value)}
          error={fits ? undefined : t("admin.retention.daysWrong")}
        />
        <Submit className="self-end" busy={save.isPending && t("common.state.saving")}>
          {t("admin.retention.change")}
        </Submit>
      </Form>
    </Dialog>
  );
}
