/** The company's talent profiles. */

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Column, EmptyState, LinkButton, Page, Table } from "@/ui";
import { ForCompany } from "./company";
import { type Company, type Profile, profilesQuery } from "./data";

export default function Profiles() {
  const { t } = useTranslation();
  return (
    <Page width="wide" title={t("recruiter.profiles.title")} aside={<NewProfile />}>
      <ForCompany>{(company) => <ProfileList company={company} />}</ForCompany>
    </Page>
  );
}

function NewProfile() {
  const { t } = useTranslation();
  return (
    <LinkButton look="primary" to="/recruiter/profiles/new" icon={<Plus aria-hidden size={18} />}>
      {t("recruiter.profiles.new")}
    </LinkButton>
  );
}

function ProfileList({ company }: { company: Company }) {
  const { t } = useTranslation();
  const profiles = useQuery(profilesQuery(company.id));
  const columns: Column<Profile>[] = [
    {
      id: "name",
      title: t("recruiter.profiles.name"),
      sortBy: (row) => row.name,
      cell: (row) => (
        <Link to={`/recruiter/profiles/${row.id}`} className="font-medium text-accent">
          {row.name}
        </Link>
      ),
    },
    { id: "values", title: t("recruiter.profiles.values"), cell: (row) => row.values.join(" · ") },
    {
      id: "weights",
      title: t("recruiter.profiles.weights"),
      numeric: true,
      sortBy: (row) => changed(row),
      cell: (row) => t("recruiter.profiles.changed", { n: changed(row) }),
    },
  ];
  return (
    <Table
      caption={t("recruiter.profiles.caption")}
      columns={columns}
      rows={profiles.data}
      rowId={(row) => row.id}
      loading={t("recruiter.profiles.loading")}
      error={profiles.error}
      onRetry={() => void profiles.refetch()}
      empty={
        <EmptyState title={t("recruiter.profiles.emptyTitle")} action={<NewProfile />}>
          {t("recruiter.profiles.emptyText")}
        </EmptyState>
      }
    />
  );
}

function changed(profile: Profile): number {
  return Object.values(profile.weights).filter((weight) => weight !== 1).length;
}
