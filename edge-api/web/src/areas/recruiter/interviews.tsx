/** All interviews that the recruiter may see: filter, sort, pick for comparison, take along as CSV. */

import { useQuery } from "@tanstack/react-query";
import { Download, Scale } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { moment } from "@/i18n/format";
import { Badge, Button, type Column, EmptyState, ErrorState, LinkButton, Page, Select, Table } from "@/ui";
import { ForCompany } from "./company";
import {
  type Company,
  type Interview,
  type InterviewFilter,
  jobsQuery,
  useCandidateNames,
  useInterviews,
} from "./data";
import { useExport } from "./export";
import { DECISIONS, DecisionBadge, STATUSES, StatusBadge, useCandidateName } from "./words";

const MOST_COMPARED = 4;

export default function Interviews() {
  const { t } = useTranslation();
  return (
    <Page width="wide" title={t("recruiter.interviews.title")} lead={t("recruiter.interviews.intro")}>
      <ForCompany>{(company) => <InterviewList company={company} />}</ForCompany>
    </Page>
  );
}

function InterviewList({ company }: { company: Company }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [picked, setPicked] = useState<readonly string[]>([]);
  const jobs = useQuery(jobsQuery(company.id));
  const names = useCandidateNames(jobs.data);
  const nameOf = useCandidateName(names.data);
  const filter = filterOf(params);
  const interviews = useInterviews(filter);
  const rows = interviews.rows?.filter((row) => row.company_id === company.id && matches(row, params));
  const jobTitle = (id: string) =>
    jobs.data?.find((job) => job.id === id)?.title ?? t("recruiter.interviews.noJob");
  const toggle = (id: string) =>
    setPicked((all) => (all.includes(id) ? all.filter((each) => each !== id) : [...all, id]));
  return (
    <>
      <Toolbar filter={filter} picked={picked} />
      <Table
        caption={t("recruiter.interviews.caption")}
        columns={useColumns({ nameOf, jobTitle, picked, toggle })}
        {...interviews}
        rows={rows}
        rowId={(row) => row.id}
        filters={<Filters jobs={jobs.data ?? []} names={names.data ?? new Map()} />}
        loading={t("recruiter.interviews.loading")}
        empty={<Nothing filtered={params.size > 0} onClear={() => setParams({})} />}
      />
      {rows && rows.length > 0 && interviews.onMore && (
        <p className="text-sm text-muted">{t("recruiter.interviews.sortNote")}</p>
      )}
    </>
  );
}

function filterOf(params: URLSearchParams): InterviewFilter {
  const status = STATUSES.find((each) => each === params.get("status"));
  const job_id = params.get("job");
  const candidate_id = params.get("candidate");
  return { ...(status && { status }), ...(job_id && { job_id }), ...(candidate_id && { candidate_id }) };
}

/** What the server does not filter by. */
function matches(row: Interview, params: URLSearchParams): boolean {
  const decision = params.get("decision");
  if (decision && (row.decision ?? "none") !== decision) return false;
  return !params.has("review") || row.review_requested;
}

function Toolbar({ filter, picked }: { filter: InterviewFilter; picked: readonly string[] }) {
  const { t } = useTranslation();
  const { run, busy, error } = useExport(filter);
  const ready = picked.length >= 2;
  return (
    <div className="mb-4 flex flex-wrap items-center gap-3">
      <LinkButton
        to={ready ? `/recruiter/compare?ids=${picked.join(",")}` : "#"}
        aria-disabled={!ready}
        onClick={(event) => !ready && event.preventDefault()}
        icon={<Scale aria-hidden size={18} />}
      >
        {t("recruiter.interviews.compare", { n: picked.length })}
      </LinkButton>
      <Button
        onClick={() => void run()}
        busy={busy && t("recruiter.interviews.exporting")}
        icon={<Download aria-hidden size={18} />}
      >
        {t("recruiter.interviews.export")}
      </Button>
      <p className="text-sm text-muted">{t("recruiter.interviews.compareHint")}</p>
      {error !== null && <ErrorState error={error} onRetry={() => void run()} />}
    </div>
  );
}

function Filters({
  jobs,
  names,
}: {
  jobs: readonly { id: string; title: string }[];
  names: ReadonlyMap<string, string>;
}) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const set = (name: string, value: string) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      if (value) after.set(name, value);
      else after.delete(name);
      return after;
    });
  const choice = (name: string, label: string, all: string, options: { value: string; label: string }[]) => (
    <Select
      className="w-full sm:w-44"
      label={label}
      value={params.get(name) ?? ""}
      onChange={(event) => set(name, event.target.value)}
      options={[{ value: "", label: all }, ...options]}
    />
  );
  const statuses = STATUSES.map((value) => ({ value, label: t(`recruiter.status.${value}`) }));
  const decisions = (["none", ...DECISIONS] as const).map((value) => ({
    value,
    label: t(`recruiter.decision.${value}`),
  }));
  return (
    <>
      {choice("status", t("recruiter.interviews.status"), t("recruiter.interviews.allStatuses"), statuses)}
      {choice(
        "job",
        t("recruiter.interviews.job"),
        t("recruiter.interviews.allJobs"),
        jobs.map((job) => ({ value: job.id, label: job.title })),
      )}
      {choice(
        "candidate",
        t("recruiter.interviews.candidate"),
        t("recruiter.interviews.allCandidates"),
        [...names].map(([value, label]) => ({ value, label })),
      )}
      {choice(
        "decision",
        t("recruiter.interviews.decision"),
        t("recruiter.interviews.allDecisions"),
        decisions,
      )}
      <label className="flex min-h-11 items-center gap-2">
        <input
          type="checkbox"
          className="size-5 accent-(--accent)"
          checked={params.has("review")}
          onChange={(event) => set("review", event.target.checked ? "1" : "")}
        />
        {t("recruiter.interviews.reviewOnly")}
      </label>
    </>
  );
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { t } = useTranslation();
  if (!filtered) {
    return (
      <EmptyState
        title={t("recruiter.interviews.emptyTitle")}
        action={<LinkButton to="/recruiter/jobs">{t("recruiter.nav.jobs")}</LinkButton>}
      >
        {t("recruiter.interviews.emptyText")}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title={t("recruiter.interviews.noneMatchTitle")}
      action={<Button onClick={onClear}>{t("recruiter.interviews.clear")}</Button>}
    >
      {t("recruiter.interviews.noneMatchText")}
    </EmptyState>
  );
}

interface Shown {
  nameOf: (candidate_id: string) => string;
  jobTitle: (job_id: string) => string;
  picked: readonly string[];
  toggle: (id: string) => void;
}

function useColumns({ nameOf, jobTitle, picked, toggle }: Shown): Column<Interview>[] {
  const { t } = useTranslation();
  const full = picked.length >= MOST_COMPARED;
  return [
    {
      id: "pick",
      title: t("recruiter.interviews.pickShort"),
      cell: (row) => (
        <input
          type="checkbox"
          aria-label={t("recruiter.interviews.pickOne", { name: nameOf(row.candidate_id) })}
          className="size-5 accent-(--accent)"
          checked={picked.includes(row.id)}
          disabled={row.report_state !== "ready" || (full && !picked.includes(row.id))}
          onChange={() => toggle(row.id)}
        />
      ),
    },
    {
      id: "candidate",
      title: t("recruiter.interviews.candidate"),
      sortBy: (row) => nameOf(row.candidate_id),
      cell: (row) => (
        <Link to={`/recruiter/interviews/${row.id}`} className="font-medium text-accent">
          {nameOf(row.candidate_id)}
        </Link>
      ),
    },
    {
      id: "job",
      title: t("recruiter.interviews.job"),
      sortBy: (row) => jobTitle(row.job_id),
      cell: (row) => jobTitle(row.job_id),
    },
    {
      id: "status",
      title: t("recruiter.interviews.status"),
      sortBy: (row) => STATUSES.indexOf(row.status) * 100 + row.stage_position,
      cell: (row) => <Progress row={row} />,
    },
    {
      id: "report",
      title: t("recruiter.interviews.report"),
      sortBy: (row) => row.report_state,
      cell: (row) => t(`recruiter.reportState.${row.report_state}`),
    },
    {
      id: "decision",
      title: t("recruiter.interviews.decision"),
      sortBy: (row) => row.decision ?? "",
      cell: (row) => (
        <span className="flex flex-wrap gap-1">
          <DecisionBadge decision={row.decision} />
          {row.review_requested && <Badge tone="warn">{t("recruiter.interviews.reviewAsked")}</Badge>}
        </span>
      ),
    },
    {
      id: "created",
      title: t("recruiter.interviews.created"),
      sortBy: (row) => row.created_at ?? "",
      cell: (row) => (
        <span className="whitespace-nowrap">{row.created_at ? moment(row.created_at) : ""}</span>
      ),
    },
  ];
}

function Progress({ row }: { row: Interview }) {
  const { t } = useTranslation();
  const running = row.status === "in_progress" || row.status === "paused";
  return (
    <span className="flex flex-col items-start gap-1">
      <StatusBadge status={row.status} />
      {running && (
        <span className="text-sm text-muted">
          {t("recruiter.interviews.progress", { position: row.stage_position + 1, total: row.stages.length })}
        </span>
      )}
    </span>
  );
}
