/** The companies that the reader works for. */

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Column, LinkButton, Page, Table } from "@/ui";
import { NoCompany } from "./company";
import { type Company, companiesQuery } from "./data";

export default function Companies() {
  const { t } = useTranslation();
  const companies = useQuery(companiesQuery);
  const isOn = (on: boolean) => t(on ? "recruiter.companies.on" : "recruiter.companies.off");
  const columns: Column<Company>[] = [
    {
      id: "name",
      title: t("recruiter.companies.name"),
      sortBy: (row) => row.name,
      cell: (row) => (
        <Link to={`/recruiter/companies/${row.id}`} className="font-medium text-accent">
          {row.name}
        </Link>
      ),
    },
    {
      id: "behaviour",
      title: t("recruiter.companies.behaviour"),
      cell: (row) => t(`recruiter.companies.behaviours.${row.behaviour_policy}`),
    },
    { id: "blind", title: t("recruiter.companies.blind"), cell: (row) => isOn(row.blind) },
    {
      id: "retention",
      title: t("recruiter.companies.retention"),
      numeric: true,
      sortBy: (row) => row.retention_days,
      cell: (row) => row.retention_days,
    },
  ];
  return (
    <Page
      width="wide"
      title={t("recruiter.companies.title")}
      lead={t("recruiter.companies.intro")}
      aside={
        <LinkButton to="/recruiter/companies/new" icon={<Plus aria-hidden size={18} />}>
          {t("recruiter.company.create")}
        </LinkButton>
      }
    >
      <Table
        caption={t("recruiter.companies.caption")}
        columns={columns}
        rows={companies.data}
        rowId={(row) => row.id}
        loading={t("recruiter.company.loading")}
        error={companies.error}
        onRetry={() => void companies.refetch()}
        empty={<NoCompany />}
      />
    </Page>
  );
}
