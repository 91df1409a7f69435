/** Up to four reports side by side, dimension by dimension. Ranks nobody. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { number, percent } from "@/i18n/format";
import { Card, EmptyState, ErrorState, IconButton, LinkButton, Loading, Note, Page, Scroll } from "@/ui";
import { ForCompany } from "./company";
import { type Company, interviewQuery, jobsQuery, reportQuery, type Schema, useCandidateNames } from "./data";
import { DecisionBadge, useCandidateName } from "./words";

const CompareChart = lazy(() => import("./compare-chart"));
const MOST = 4;
type Report = Schema["Report"];
type Interview = Schema["Interview"];

export interface Compared {
  id: string;
  name: string;
  interview: Interview;
  report: Report;
}

export default function Compare() {
  const { t } = useTranslation();
  return (
    <Page width="wide" title={t("recruiter.compare.title")} lead={t("recruiter.compare.intro")}>
      <ForCompany>{(company) => <Comparison company={company} />}</ForCompany>
    </Page>
  );
}

function Comparison({ company }: { company: Company }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const ids = (params.get("ids") ?? "").split(",").filter(Boolean).slice(0, MOST);
  const interviews = useQueries({ queries: ids.map((id) => interviewQuery(id)) });
  const reports = useQueries({ queries: ids.map((id) => reportQuery(id)) });
  const jobs = useQuery(jobsQuery(company.id));
  const nameOf = useCandidateName(useCandidateNames(jobs.data).data);
  if (ids.length === 0) return <NothingPicked />;
  const failed = [...interviews, ...reports].find((each) => each.error);
  if (failed) return <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />;
  const compared = ids.flatMap((id, index) => {
    const [interview, report] = [interviews[index]?.data, reports[index]?.data];
    return interview && report ? [{ id, name: nameOf(interview.candidate_id), interview, report }] : [];
  });
  if (compared.length < ids.length) return <Loading words={t("recruiter.report.loading")} lines={6} />;
  const remove = (id: string) => setParams({ ids: ids.filter((each) => each !== id).join(",") });
  const mixed = new Set(compared.map(({ interview }) => interview.scenario)).size > 1;
  return (
    <>
      {mixed && <Note tone="warn">{t("recruiter.compare.different")}</Note>}
      <Card title={t("recruiter.compare.chart")}>
        <p className="text-sm text-muted">{t("recruiter.compare.chartText")}</p>
        <Suspense fallback={<Loading words={t("recruiter.report.loading")} />}>
          <CompareChart compared={compared} dimensions={dimensionsOf(compared)} />
        </Suspense>
      </Card>
      <CompareTable compared={compared} onRemove={remove} />
    </>
  );
}

function NothingPicked() {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("recruiter.compare.fewTitle")}
      action={<LinkButton to="/recruiter/interviews">{t("recruiter.report.back")}</LinkButton>}
    >
      {t("recruiter.compare.fewText")}
    </EmptyState>
  );
}

/** All dimensions of the reports in order of first mention, with their titles. */
export function dimensionsOf(compared: readonly Pick<Compared, "report">[]): { id: string; title: string }[] {
  const found = new Map<string, string>();
  for (const { report } of compared) {
    for (const each of report.dimensions)
      if (!found.has(each.dimension_id)) found.set(each.dimension_id, each.title);
  }
  return [...found].map(([id, title]) => ({ id, title }));
}

function CompareTable({
  compared,
  onRemove,
}: {
  compared: readonly Compared[];
  onRemove: (id: string) => void;
}) {
  const { t } = useTranslation();
  const row = (title: string, cell: (each: Compared) => React.ReactNode) => (
    <tr key={title} className="border-b border-line last:border-0">
      <th scope="row" className="px-4 py-3 text-left font-medium">
        {title}
      </th>
      {compared.map((each) => (
        <td key={each.id} className="px-4 py-3 align-top">
          {cell(each)}
        </td>
      ))}
    </tr>
  );
  return (
    <Scroll className="card" label={t("recruiter.compare.caption")}>
      <table className="w-full border-collapse text-left">
        <caption className="sr-only">{t("recruiter.compare.caption")}</caption>
        <thead>
          <tr className="border-b border-line">
            <th scope="col" className="px-4 py-2 text-sm font-medium text-muted">
              {t("recruiter.compare.dimension")}
            </th>
            {compared.map((each) => (
              <th key={each.id} scope="col" className="px-4 py-2 font-medium">
                <span className="flex items-center justify-between gap-2">
                  <Link to={`/recruiter/interviews/${each.id}`} className="text-accent">
                    {each.name}
                  </Link>
                  <IconButton
                    label={t("recruiter.compare.remove", { name: each.name })}
                    onClick={() => onRemove(each.id)}
                  >
                    <X aria-hidden size={18} />
                  </IconButton>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {dimensionsOf(compared).map(({ id, title }) =>
            row(title, ({ report }) => <Score report={report} dimension={id} />),
          )}
          {row(t("recruiter.compare.total"), ({ report }) =>
            report.state !== "ready"
              ? t("recruiter.compare.noReport")
              : report.total === null
                ? t("recruiter.compare.noTotal")
                : number(report.total, 1),
          )}
          {row(t("recruiter.compare.coverage"), ({ report }) => percent(report.coverage))}
          {row(t("recruiter.interviews.decision"), ({ interview }) => (
            <DecisionBadge decision={interview.decision} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Score({ report, dimension }: { report: Report; dimension: string }) {
  const { t } = useTranslation();
  const found = report.dimensions.find((each) => each.dimension_id === dimension);
  if (!found) return <span className="text-muted">{t("recruiter.compare.notAsked")}</span>;
  if (found.score === null) return <span className="text-muted">{t("recruiter.compare.insufficient")}</span>;
  return (
    <span className="flex flex-col">
      <span className="font-medium">{number(found.score, 1)}</span>
      <span className="text-sm text-muted">{t("recruiter.compare.answers", { count: found.answers })}</span>
    </span>
  );
}
