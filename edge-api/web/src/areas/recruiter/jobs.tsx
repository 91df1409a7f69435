/** The company's jobs. */

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Badge, type Column, EmptyState, LinkButton, Page, Table } from "@/ui";
import { ForCompany } from "./company";
import { type Company, type Job, jobsQuery, profilesQuery } from "./data";

export default function Jobs() {
  const { t } = useTranslation();
  return (
    <Page width="wide" title={t("recruiter.jobs.title")} aside={<NewJob />}>
      <ForCompany>{(company) => <JobList company={company} />}</ForCompany>
    </Page>
  );
}

function NewJob() {
  const { t } = useTranslation();
  return (
    <LinkButton look="primary" to="/recruiter/jobs/new" icon={<Plus aria-hidden size={18} />}>
      {t("recruiter.jobs.new")}
    </LinkButton>
  );
}

function JobList({ company }: { company: Company }) {
  const { t } = useTranslation();
  const jobs = useQuery(jobsQuery(company.id));
  const profiles = useQuery(profilesQuery(company.id));
  const profileName = (id: string) => profiles.data?.find((each) => each.id === id)?.name ?? "";
  return (
    <Table
      caption={t("recruiter.jobs.caption")}
      columns={useColumns(profileName)}
      rows={jobs.data}
      rowId={(job) => job.id}
      filterText={(job) => job.title}
      loading={t("recruiter.jobs.loading")}
      error={jobs.error}
      onRetry={() => void jobs.refetch()}
      empty={
        <EmptyState title={t("recruiter.jobs.emptyTitle")} action={<NewJob />}>
          {t("recruiter.jobs.emptyText")}
        </EmptyState>
      }
    />
  );
}

function useColumns(profileName: (id: string) => string): Column<Job>[] {
  const { t } = useTranslation();
  return [
    {
      id: "title",
      title: t("recruiter.jobs.name"),
      sortBy: (job) => job.title,
      cell: (job) => (
        <Link to={`/recruiter/jobs/${job.id}`} className="font-medium text-accent">
          {job.title}
        </Link>
      ),
    },
    {
      id: "state",
      title: t("recruiter.jobs.state"),
      sortBy: (job) => (job.open ? 0 : 1),
      cell: (job) => (
        <Badge tone={job.open ? "good" : "neutral"}>
          {t(job.open ? "recruiter.jobs.open" : "recruiter.jobs.closed")}
        </Badge>
      ),
    },
    {
      id: "scenario",
      title: t("recruiter.jobs.scenario"),
      sortBy: (job) => job.scenario,
      cell: (job) => job.scenario,
    },
    {
      id: "language",
      title: t("recruiter.jobs.language"),
      sortBy: (job) => job.language,
      cell: (job) => t(`recruiter.languages.${job.language}`),
    },
    { id: "profile", title: t("recruiter.jobs.profile"), cell: (job) => profileName(job.talent_profile_id) },
    {
      id: "invite",
      title: t("recruiter.nav.invitations"),
      cell: (job) =>
        job.open ? (
          <Link
            to={`/recruiter/invitations?job=${job.id}`}
            aria-label={t("recruiter.jobs.inviteTo", { job: job.title })}
            className="text-accent"
          >
            {t("recruiter.jobs.invite")}
          </Link>
        ) : null,
    },
  ];
}
