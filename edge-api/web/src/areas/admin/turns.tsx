/** Where the time of recent turns went. */

import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { number } from "@/i18n/format";
import { Badge, Card, type Column, EmptyState, Loading, Page, Table } from "@/ui";
import { type TurnTiming, useTurnTimings } from "./data";
import { InterviewFilter } from "./interview-filter";
import { percentile } from "./percentile";
import { Id } from "./work";

const TurnChart = lazy(() => import("./turn-chart"));
const MOST_BARS = 20;

export default function Turns() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const turns = useTurnTimings(params.get("interview") ?? "");
  const rows = turns.rows ?? [];
  return (
    <Page width="wide" title={t("admin.turns.title")} lead={t("admin.turns.intro")}>
      <InterviewFilter />
      {rows.length > 0 && (
        <>
          <Figures rows={rows} />
          <Card title={t("admin.turns.chart")}>
            <p className="text-sm text-muted">{t("admin.turns.chartText")}</p>
            <Suspense fallback={<Loading words={t("admin.turns.loading")} />}>
              <TurnChart rows={rows.slice(0, MOST_BARS)} />
            </Suspense>
          </Card>
        </>
      )}
      <Table
        caption={t("admin.turns.caption")}
        columns={useColumns()}
        {...turns}
        rowId={(row) => row.turn_id}
        loading={t("admin.turns.loading")}
        empty={<EmptyState title={t("admin.turns.emptyTitle")}>{t("admin.turns.emptyText")}</EmptyState>}
      />
    </Page>
  );
}

function Figures({ rows }: { rows: readonly TurnTiming[] }) {
  const { t } = useTranslation();
  const known = rows.filter((row) => row.announced_ms > 0);
  const ms = (values: number[], share: number) =>
    t("admin.mesh.latencyMs", { n: number(percentile(values, share)) });
  const firsts = known.map((row) => row.first_word_ms).filter((value) => value > 0);
  const whole = known.map((row) => row.announced_ms);
  return (
    <dl className="grid gap-4 sm:grid-cols-2">
      {(
        [
          ["admin.turns.firstWord", firsts],
          ["admin.turns.announced", whole],
        ] as const
      ).map(([name, values]) => (
        <div key={name} className="card p-4">
          <dt className="text-sm text-muted">{t(name)}</dt>
          <dd className="flex flex-wrap items-baseline gap-x-4">
            <span>
              {t("admin.turns.median")}{" "}
              <strong className="text-xl">
                {values.length ? ms(values, 0.5) : t("admin.turns.notKnown")}
              </strong>
            </span>
            <span className="text-muted">
              {t("admin.turns.p95")} {values.length ? ms(values, 0.95) : t("admin.turns.notKnown")}
            </span>
            <span className="w-full text-sm text-muted">
              {t("admin.turns.ofShown", { n: values.length })}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function useColumns(): Column<TurnTiming>[] {
  const { t } = useTranslation();
  const time = (id: string, title: string, of: (row: TurnTiming) => number): Column<TurnTiming> => ({
    id,
    title,
    numeric: true,
    sortBy: of,
    cell: (row) =>
      of(row) > 0 ? number(of(row)) : <span className="text-muted">{t("admin.turns.notKnown")}</span>,
  });
  return [
    {
      id: "turn",
      title: t("admin.turns.turn"),
      sortBy: (row) => row.number,
      cell: (row) => t("admin.turns.turnN", { number: row.number, stage: row.stage_id }),
    },
    {
      id: "interview",
      title: t("admin.turns.interview"),
      cell: (row) => (
        <Link to={`/admin/turns?interview=${row.interview_id}`}>
          <Id text={row.interview_id} />
        </Link>
      ),
    },
    {
      id: "source",
      title: t("admin.turns.source"),
      sortBy: (row) => row.source,
      cell: (row) => (
        <Badge tone={row.source === "llm" ? "accent" : "neutral"}>
          {row.source === "llm" || row.source === "bank"
            ? t(`admin.turns.sources.${row.source}`)
            : row.source || t("admin.turns.notKnown")}
        </Badge>
      ),
    },
    time("claimed", t("admin.turns.claimed"), (row) => row.claimed_ms),
    time("first_word", t("admin.turns.firstWord"), (row) => row.first_word_ms),
    time("announced", t("admin.turns.announced"), (row) => row.announced_ms),
    time("evaluated", t("admin.turns.evaluated"), (row) => row.evaluated_ms),
  ];
}
