/** A report as people read it: the answer first, then each question with the words that earned its scores. */

import { lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { number, percent } from "@/i18n/format";
import { Card, cx, Loading, Scroll, useMedia } from "@/ui";
import { BehaviourNotice } from "./behaviour";
import type { Dimension, Highlight, Question, ReportBody, Versions } from "./body";
import { usePhrase } from "./phrase";
import { QuestionCard } from "./question";
import { Score } from "./score";

const Radar = lazy(() => import("./radar"));

interface Props {
  report: ReportBody;
  /** What stands under each answer: what this reader may do about it. */
  action?: (question: Question) => ReactNode;
}

export function ReportView({ report, action }: Props) {
  const { t } = useTranslation();
  const asked = report.dimensions.filter((each) => each.cells > 0);
  return (
    <>
      <Overview report={report} />
      <Dimensions dimensions={asked} />
      <div className="grid gap-6 md:grid-cols-2">
        <Highlights
          title={t("common.report.strengths")}
          none={t("common.report.noStrengths")}
          rows={report.strengths}
        />
        <Highlights
          title={t("common.report.improvements")}
          none={t("common.report.noImprovements")}
          rows={report.improvements}
        />
      </div>
      <section className="flex flex-col gap-4" aria-labelledby="report-questions">
        <h2 id="report-questions">{t("common.report.questions")}</h2>
        <BehaviourNotice report={report} />
        {report.questions.map((question) => (
          <QuestionCard
            key={question.number}
            question={question}
            dimensions={report.dimensions}
            action={action?.(question)}
          />
        ))}
      </section>
      <VersionTable versions={report.versions} revision={report.revision} />
    </>
  );
}

function Overview({ report }: { report: ReportBody }) {
  const { t } = useTranslation();
  const says = usePhrase();
  return (
    <Card title={t("common.report.summaryTitle")}>
      <div className="flex flex-col gap-1">
        {report.summary.map((phrase) => (
          <p key={phrase.key}>{says(phrase)}</p>
        ))}
      </div>
      <dl className="flex flex-wrap gap-x-10 gap-y-3">
        <div>
          <dt className="text-sm text-muted">{t("common.report.total")}</dt>
          <dd className="text-2xl font-bold">
            {report.total === null ? (
              <span className="text-base font-medium">{t("common.report.noTotal")}</span>
            ) : (
              t("common.report.of5", { score: number(report.total, 1) })
            )}
          </dd>
        </div>
        <div>
          <dt className="text-sm text-muted">{t("common.report.coverage")}</dt>
          <dd className="text-2xl font-bold">{percent(report.coverage)}</dd>
        </div>
      </dl>
    </Card>
  );
}

/** The table says all of it; where there is room, a figure says it at a glance. */
function Dimensions({ dimensions }: { dimensions: readonly Dimension[] }) {
  const { t } = useTranslation();
  const roomy = useMedia("(min-width: 40rem)");
  const isShape = dimensions.length > 2;
  return (
    <Card title={t("common.report.byDimension")}>
      <div className={cx("grid items-center gap-6", isShape && "lg:grid-cols-2")}>
        {roomy && isShape && (
          <Suspense fallback={<Loading words={t("common.state.opening")} />}>
            <Radar dimensions={dimensions} />
          </Suspense>
        )}
        <DimensionTable dimensions={dimensions} />
      </div>
    </Card>
  );
}

function DimensionTable({ dimensions }: { dimensions: readonly Dimension[] }) {
  const { t } = useTranslation();
  return (
    <table className="w-full text-left">
      <caption className="sr-only">{t("common.report.dimensionsCaption")}</caption>
      <thead>
        <tr className="border-b border-line text-sm text-muted">
          <th scope="col" className="py-2 pr-3 font-medium">
            {t("common.report.dimension")}
          </th>
          <th scope="col" className="py-2 pr-3 font-medium">
            {t("common.report.score")}
          </th>
          <th scope="col" className="py-2 text-right font-medium">
            {t("common.report.evidenced")}
          </th>
        </tr>
      </thead>
      <tbody>
        {dimensions.map((each) => (
          <tr key={each.id} className="border-b border-line last:border-0">
            <th scope="row" className="py-2 pr-3 font-medium">
              {each.title}
            </th>
            <td className="py-2 pr-3">
              <Score score={each.score} digits={1} />
            </td>
            <td className="py-2 text-right text-muted">
              {t("common.report.evidencedOf", { evidenced: each.evidenced, cells: each.cells })}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Highlights({ title, none, rows }: { title: string; none: string; rows: readonly Highlight[] }) {
  const { t } = useTranslation();
  return (
    <Card title={title}>
      {rows.length === 0 && <p className="text-muted">{none}</p>}
      <ul className="flex flex-col gap-4">
        {rows.map((row) => (
          <li key={row.title} className="flex flex-col gap-1">
            <p className="flex flex-wrap items-baseline gap-x-3 font-medium">
              {row.title} <Score score={row.score} />
            </p>
            <blockquote className="border-l-2 border-accent pl-3">{row.evidence.text}</blockquote>
            <p className="text-sm">
              <a href={`#question-${row.question}`} className="text-accent">
                {t("common.report.number", { n: row.question })}
              </a>
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function VersionTable({ versions, revision }: { versions: readonly Versions[]; revision: number }) {
  const { t } = useTranslation();
  const columns = ["engine", "model", "prompt", "scenario"] as const;
  return (
    <Scroll className="text-sm text-muted" label={t("common.report.madeBy", { revision })}>
      <table className="w-full text-left">
        <caption className="pb-1 text-left">{t("common.report.madeBy", { revision })}</caption>
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => (
              <th key={column} scope="col" className="py-1 pr-4 font-medium">
                {t(`common.report.version.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {versions.map((each) => (
            <tr key={columns.map((column) => each[column]).join()}>
              {columns.map((column) => (
                <td key={column} className="py-1 pr-4 break-all">
                  {column === "engine" || column === "model" ? each[column] : each[column].slice(0, 24)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
