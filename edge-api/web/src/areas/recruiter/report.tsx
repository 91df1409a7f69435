/** One interview's report for the recruiter: the decision first, then the evidence, in every version. */

import { useQuery } from "@tanstack/react-query";
import { Download, RefreshCw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { useChange } from "@/api/change";
import { api, download, read } from "@/api/client";
import { saveFile } from "@/api/files";
import { moment } from "@/i18n/format";
import { reportBody } from "@/report/body";
import { ReportView } from "@/report/view";
import { Back, Button, Card, Confirm, EmptyState, ErrorState, Loaded, Note, Page, Select } from "@/ui";
import { ForCompany } from "./company";
import {
  type Company,
  type Interview,
  interviewQuery,
  jobsQuery,
  reportQuery,
  type Schema,
  useCandidateNames,
} from "./data";
import { DecisionCard } from "./decision";
import { AnswerSound, Recordings } from "./recordings";
import { StatusBadge, useCandidateName } from "./words";

type Report = Schema["Report"];

export default function ReportScreen() {
  const { t } = useTranslation();
  const { id = "" } = useParams();
  const interview = useQuery(interviewQuery(id));
  return (
    <Page width="wide" title={t("recruiter.report.screen")}>
      <Back to="/recruiter/interviews">{t("recruiter.report.back")}</Back>
      <Loaded query={interview} words={t("recruiter.report.loading")}>
        {(found) =>
          found ? (
            <>
              <ForCompany>{(company) => <Facts interview={found} company={company} />}</ForCompany>
              <Body key={found.id} interview={found} />
            </>
          ) : null
        }
      </Loaded>
    </Page>
  );
}

function Facts({ interview, company }: { interview: Interview; company: Company }) {
  const { t } = useTranslation();
  const jobs = useQuery(jobsQuery(company.id));
  const nameOf = useCandidateName(useCandidateNames(jobs.data).data);
  const job = jobs.data?.find((each) => each.id === interview.job_id);
  const facts: [string, React.ReactNode][] = [
    [t("recruiter.interviews.candidate"), nameOf(interview.candidate_id)],
    [t("recruiter.interviews.job"), job?.title ?? t("recruiter.interviews.noJob")],
    [t("recruiter.interviews.status"), <StatusBadge key="status" status={interview.status} />],
    [t("recruiter.report.ended"), interview.ended_at ? moment(interview.ended_at) : "–"],
  ];
  return (
    <dl className="flex flex-wrap gap-x-10 gap-y-3">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-sm text-muted">{name}</dt>
          <dd className="font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Body({ interview }: { interview: Interview }) {
  const { t } = useTranslation();
  const [version, setVersion] = useState(0);
  const newest = useQuery(reportQuery(interview.id));
  const shown = useQuery(reportQuery(interview.id, version));
  const [asking, setAsking] = useState(false);
  const rescore = useRescore(interview.id, newest.data?.version ?? 0, () => setAsking(false));
  return (
    <Loaded query={shown} words={t("recruiter.report.loading")}>
      {(report) => {
        const body = reportBody(report.report);
        if (!body) return <NoReport state={report.state} />;
        return (
          <>
            <DecisionCard key={interview.decision ?? ""} interview={interview} />
            <Toolbar
              interview={interview}
              report={report}
              newest={newest.data?.version ?? report.version}
              onVersion={setVersion}
              rescore={rescore}
              asking={asking}
              onAsking={setAsking}
            />
            <Recordings interviewId={interview.id} />
            <ReportView
              report={body}
              action={({ turn_id }) => <AnswerSound interviewId={interview.id} turnId={turn_id} />}
            />
          </>
        );
      }}
    </Loaded>
  );
}

function NoReport({ state }: { state: Report["state"] }) {
  const { t } = useTranslation();
  const name = { not_yet: "notYet", pending: "pending", none: "none", ready: "pending" } as const;
  return (
    <EmptyState title={t(`recruiter.report.states.${name[state]}.title`)}>
      <p role="status">{t(`recruiter.report.states.${name[state]}.text`)}</p>
    </EmptyState>
  );
}

/** Asks for a new version and looks out for it until it is there. */
function useRescore(interview_id: string, newest: number, onDone: () => void) {
  const change = useChange(
    (path: { interview_id: string }, header) =>
      read(api.POST("/api/v1/interviews/{interview_id}/rescoring", { params: { path, header } })),
    { stale: [["report", interview_id]], onDone },
  );
  const awaited = change.data?.version ?? 0;
  useQuery({ ...reportQuery(interview_id), refetchInterval: awaited > newest ? 2000 : false });
  return { ...change, start: () => change.mutate({ interview_id }), awaited: awaited > newest ? awaited : 0 };
}

interface ToolbarProps {
  interview: Interview;
  report: Report;
  newest: number;
  onVersion: (version: number) => void;
  rescore: ReturnType<typeof useRescore>;
  asking: boolean;
  onAsking: (asking: boolean) => void;
}

function Toolbar({ interview, report, newest, onVersion, rescore, asking, onAsking }: ToolbarProps) {
  const { t } = useTranslation();
  const versions = Array.from({ length: newest }, (_, index) => newest - index);
  return (
    <Card>
      <div className="flex flex-wrap items-end gap-3">
        <Select
          className="w-full sm:w-44"
          label={t("recruiter.report.version")}
          value={report.version}
          onChange={(event) =>
            onVersion(Number(event.target.value) === newest ? 0 : Number(event.target.value))
          }
          options={versions.map((version) => ({
            value: String(version),
            label: t(version === newest ? "recruiter.report.versionLatest" : "recruiter.report.versionN", {
              version,
            }),
          }))}
        />
        <Button onClick={() => onAsking(true)} icon={<RefreshCw aria-hidden size={18} />}>
          {t("recruiter.report.rescore")}
        </Button>
        <Files interview={interview} report={report} />
      </div>
      {rescore.awaited > 0 && (
        <Note tone="accent">
          <p role="status">{t("recruiter.report.rescored", { version: rescore.awaited })}</p>
        </Note>
      )}
      <Confirm
        open={asking}
        look="primary"
        onClose={() => onAsking(false)}
        onConfirm={rescore.start}
        title={t("recruiter.report.rescoreTitle")}
        action={t("recruiter.report.rescore")}
        busy={rescore.isPending}
        error={rescore.error}
      >
        <p>{t("recruiter.report.rescoreText")}</p>
      </Confirm>
    </Card>
  );
}

function Files({ interview, report }: { interview: Interview; report: Report }) {
  const { t } = useTranslation();
  const pdf = useChange(() =>
    download(
      `/api/v1/interviews/${interview.id}/report.pdf?version=${report.version}`,
      `viva-report-${report.version}.pdf`,
    ),
  );
  const json = () =>
    saveFile(
      `viva-report-${report.version}.json`,
      new Blob([JSON.stringify(report.report, null, 2)], { type: "application/json" }),
    );
  return (
    <>
      <Button
        onClick={() => pdf.mutate(undefined)}
        busy={pdf.isPending && t("common.state.working")}
        icon={<Download aria-hidden size={18} />}
      >
        PDF
      </Button>
      <Button onClick={json} icon={<Download aria-hidden size={18} />}>
        JSON
      </Button>
      {pdf.error && <ErrorState error={pdf.error} />}
    </>
  );
}
