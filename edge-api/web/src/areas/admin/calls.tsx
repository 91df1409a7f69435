/** Recorded calls of the language model. */

import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { moment, number } from "@/i18n/format";
import { Badge, type Column, EmptyState, LinkButton, Page, Table, type Tone } from "@/ui";
import { type Call, useCalls } from "./data";
import { InterviewFilter } from "./interview-filter";

export default function Calls() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const calls = useCalls(params.get("interview") ?? "");
  return (
    <Page width="wide" title={t("admin.calls.title")} lead={t("admin.calls.intro")}>
      <InterviewFilter />
      <Table
        caption={t("admin.calls.caption")}
        columns={useColumns()}
        {...calls}
        rowId={(row) => row.id}
        loading={t("admin.calls.loading")}
        empty={
          <EmptyState
            title={t("admin.calls.emptyTitle")}
            action={<LinkButton to="/admin/mesh">{t("admin.calls.toMesh")}</LinkButton>}
          >
            {t("admin.calls.emptyText")}
          </EmptyState>
        }
      />
    </Page>
  );
}

function useColumns(): Column<Call>[] {
  const { t } = useTranslation();
  const ms = (value: number) => t("admin.mesh.latencyMs", { n: number(value) });
  return [
    {
      id: "at",
      title: t("admin.calls.at"),
      sortBy: (row) => row.created_at ?? "",
      cell: (row) => {
        const at = row.created_at ? moment(row.created_at) : row.id.slice(0, 8);
        return (
          <Link
            to={`/admin/calls/${row.id}`}
            aria-label={t("admin.calls.open", { at })}
            className="whitespace-nowrap text-accent"
          >
            {at}
          </Link>
        );
      },
    },
    {
      id: "purpose",
      title: t("admin.calls.purpose"),
      sortBy: (row) => row.purpose,
      cell: (row) => <Purpose call={row} />,
    },
    {
      id: "model",
      title: t("admin.calls.model"),
      sortBy: (row) => row.model,
      cell: (row) => <span className="text-sm break-words">{row.model}</span>,
    },
    {
      id: "verdict",
      title: t("admin.calls.verdict"),
      sortBy: (row) => row.verdict,
      cell: (row) => <Verdict verdict={row.verdict} />,
    },
    {
      id: "tokens",
      title: t("admin.calls.tokens"),
      numeric: true,
      sortBy: (row) => row.prompt_tokens + row.completion_tokens,
      cell: (row) =>
        [row.prompt_tokens, row.cached_tokens, row.completion_tokens].map((each) => number(each)).join(" / "),
    },
    {
      id: "first",
      title: t("admin.calls.firstToken"),
      numeric: true,
      sortBy: (row) => row.first_token_ms,
      cell: (row) => ms(row.first_token_ms),
    },
    {
      id: "total",
      title: t("admin.calls.total"),
      numeric: true,
      sortBy: (row) => row.total_ms,
      cell: (row) => ms(row.total_ms),
    },
  ];
}

const PURPOSES = ["question", "evaluation", "digest", "compaction"] as const;

/** In the reader's language where the purpose is known, else as the server has it. */
export function Purpose({ call }: { call: Call }) {
  const { t } = useTranslation();
  const known = PURPOSES.find((each) => each === call.purpose);
  return known ? t(`admin.calls.purposes.${known}`) : call.purpose;
}

const tones: Record<string, Tone> = { accepted: "good", refused: "warn", failed: "bad" };

export function Verdict({ verdict }: { verdict: string }) {
  const { t } = useTranslation();
  const [kind = "", ...rest] = verdict.split(":");
  const reason = rest.join(":");
  const known = (["accepted", "refused", "failed"] as const).find((each) => each === kind);
  return (
    <Badge tone={tones[kind] ?? "neutral"}>{known ? t(`admin.calls.${known}`, { reason }) : verdict}</Badge>
  );
}
