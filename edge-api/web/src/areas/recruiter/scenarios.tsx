/** The scenarios that the company can interview by. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Badge, type Column, EmptyState, Page, Table } from "@/ui";
import { ForCompany } from "./company";
import { type Company, type Scenario, scenariosQuery } from "./data";

export default function Scenarios() {
  const { t } = useTranslation();
  return (
    <Page width="wide" title={t("recruiter.scenarios.title")} lead={t("recruiter.scenarios.intro")}>
      <ForCompany>{(company) => <ScenarioList company={company} />}</ForCompany>
    </Page>
  );
}

function ScenarioList({ company }: { company: Company }) {
  const { t } = useTranslation();
  const scenarios = useQuery(scenariosQuery(company.id));
  return (
    <Table
      caption={t("recruiter.scenarios.caption")}
      columns={useColumns()}
      rows={scenarios.data}
      rowId={(row) => `${row.name}/${row.language}`}
      filterText={(row) => `${row.title} ${row.name}`}
      loading={t("recruiter.scenarios.loading")}
      error={scenarios.error}
      onRetry={() => void scenarios.refetch()}
      empty={
        <EmptyState title={t("recruiter.scenarios.emptyTitle")}>
          {t("recruiter.scenarios.emptyText")}
        </EmptyState>
      }
    />
  );
}

function useColumns(): Column<Scenario>[] {
  const { t } = useTranslation();
  return [
    {
      id: "title",
      title: t("recruiter.scenarios.name"),
      sortBy: (row) => row.title,
      cell: (row) => (
        <span className="flex flex-col">
          <Link to={`/recruiter/scenarios/${row.name}/${row.language}`} className="font-medium text-accent">
            {row.title}
          </Link>
          <code className="text-sm text-muted">{row.name}</code>
        </span>
      ),
    },
    {
      id: "language",
      title: t("recruiter.scenarios.language"),
      sortBy: (row) => row.language,
      cell: (row) => t(`recruiter.languages.${row.language}`),
    },
    {
      id: "stages",
      title: t("recruiter.scenarios.stages"),
      numeric: true,
      sortBy: (row) => row.stages,
      cell: (row) => row.stages,
    },
    {
      id: "origin",
      title: t("recruiter.scenarios.origin"),
      sortBy: (row) => (row.company_id ? 0 : 1),
      cell: (row) => (
        <Badge tone={row.company_id ? "accent" : "neutral"}>
          {t(row.company_id ? "recruiter.scenarios.own" : "recruiter.scenarios.shipped")}
        </Badge>
      ),
    },
    {
      id: "version",
      title: t("recruiter.scenarios.version"),
      cell: (row) => <code className="text-sm text-muted">{row.version.slice(0, 8)}</code>,
    },
  ];
}
