/** Invitations to a job: in bulk, with their links shown once; a list of those that were sent. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { day } from "@/i18n/format";
import {
  Badge,
  Button,
  Card,
  type Column,
  Confirm,
  EmptyState,
  LinkButton,
  Loaded,
  Note,
  Page,
  Select,
  Table,
  type Tone,
} from "@/ui";
import { ForCompany } from "./company";
import { type Company, type Invitation, type Job, jobsQuery, useInvitations } from "./data";
import { InviteForm } from "./invite-form";

export default function Invitations() {
  const { t } = useTranslation();
  return (
    <Page width="wide" title={t("recruiter.invitations.title")}>
      <ForCompany>{(company) => <OfCompany company={company} />}</ForCompany>
    </Page>
  );
}

function OfCompany({ company }: { company: Company }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const jobs = useQuery(jobsQuery(company.id));
  return (
    <Loaded query={jobs} words={t("recruiter.jobs.loading")}>
      {(found) => {
        const job =
          found.find((each) => each.id === params.get("job")) ?? found.find((each) => each.open) ?? found[0];
        if (!job) return <NoJob />;
        return (
          <>
            <Select
              label={t("recruiter.invitations.job")}
              className="max-w-md"
              value={job.id}
              onChange={(event) => setParams({ job: event.target.value })}
              options={found.map((each) => ({ value: each.id, label: each.title }))}
            />
            <OfJob key={job.id} job={job} />
          </>
        );
      }}
    </Loaded>
  );
}

function NoJob() {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("recruiter.invitations.noJobTitle")}
      action={
        <LinkButton look="primary" to="/recruiter/jobs/new">
          {t("recruiter.jobs.new")}
        </LinkButton>
      }
    >
      {t("recruiter.invitations.noJobText")}
    </EmptyState>
  );
}

function OfJob({ job }: { job: Job }) {
  const { t } = useTranslation();
  return (
    <>
      {job.open ? (
        <InviteForm job={job} />
      ) : (
        <Note tone="warn">
          <p>{t("recruiter.invitations.closed")}</p>
          <Link to={`/recruiter/jobs/${job.id}`}>{t("recruiter.invitations.openJob")}</Link>
        </Note>
      )}
      <Sent job={job} />
    </>
  );
}

type State = "waiting" | "accepted" | "expired" | "revoked";
const tones: Record<State, Tone> = {
  waiting: "accent",
  accepted: "good",
  expired: "neutral",
  revoked: "neutral",
};

function stateOf(invitation: Invitation): State {
  if (invitation.accepted_at) return "accepted";
  if (invitation.revoked) return "revoked";
  return invitation.expires_at && Date.parse(invitation.expires_at) < Date.now() ? "expired" : "waiting";
}

function Sent({ job }: { job: Job }) {
  const { t } = useTranslation();
  const invitations = useInvitations(job.id);
  const [asked, setAsked] = useState<Invitation | null>(null);
  const revoke = useChange(
    (invitation_id: string, header) =>
      read(
        api.DELETE("/api/v1/invitations/{invitation_id}", { params: { path: { invitation_id }, header } }),
      ),
    { stale: [["invitations", job.id]], onDone: () => setAsked(null) },
  );
  return (
    <Card title={t("recruiter.invitations.list")}>
      <Table
        caption={t("recruiter.invitations.caption")}
        columns={useColumns(setAsked)}
        {...invitations}
        rowId={(row) => row.id}
        filterText={(row) => row.email}
        loading={t("recruiter.invitations.loading")}
        empty={
          <EmptyState title={t("recruiter.invitations.emptyTitle")}>
            {t("recruiter.invitations.emptyText")}
          </EmptyState>
        }
      />
      <p role="status" className="text-good empty:hidden">
        {revoke.isSuccess && t("recruiter.invitations.revokedDone")}
      </p>
      <Confirm
        open={asked !== null}
        onClose={() => setAsked(null)}
        onConfirm={() => asked && revoke.mutate(asked.id)}
        title={t("recruiter.invitations.revokeTitle")}
        action={t("recruiter.invitations.revoke")}
        busy={revoke.isPending}
        error={revoke.error}
      >
        <p>{t("recruiter.invitations.revokeText", { email: asked?.email })}</p>
      </Confirm>
    </Card>
  );
}

function useColumns(onRevoke: (invitation: Invitation) => void): Column<Invitation>[] {
  const { t } = useTranslation();
  const address = (row: Invitation) => row.email || t("recruiter.invitations.erased");
  return [
    {
      id: "email",
      title: t("recruiter.invitations.email"),
      sortBy: address,
      cell: (row) => <span className="whitespace-nowrap">{address(row)}</span>,
    },
    {
      id: "state",
      title: t("recruiter.invitations.state"),
      sortBy: stateOf,
      cell: (row) => <Badge tone={tones[stateOf(row)]}>{t(`recruiter.invitations.${stateOf(row)}`)}</Badge>,
    },
    {
      id: "expires",
      title: t("recruiter.invitations.expires"),
      sortBy: (row) => row.expires_at ?? "",
      cell: (row) => (row.expires_at ? day(row.expires_at) : ""),
    },
    {
      id: "actions",
      title: t("common.table.actions"),
      cell: (row) =>
        stateOf(row) === "waiting" ? (
          <Button
            size="small"
            look="danger"
            aria-label={t("recruiter.invitations.revokeFor", { email: address(row) })}
            onClick={() => onRevoke(row)}
          >
            {t("recruiter.invitations.revoke")}
          </Button>
        ) : null,
    },
  ];
}
