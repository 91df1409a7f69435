/** Work behind the scenes: what failed and can be retried, what runs, what waits, what nobody understood. */

import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { moment } from "@/i18n/format";
import { Button, type Column, EmptyState, ErrorState, Page, Table, Tabs } from "@/ui";
import { type Schema, useSetAside, useWork, type Work, type WorkState } from "./data";

const STATES: readonly WorkState[] = ["failed", "running", "waiting"];

export default function WorkScreen() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const shown = params.get("tab") ?? "failed";
  const tabs = STATES.map((state) => ({
    id: state as string,
    title: t(`admin.work.tabs.${state as "failed"}`),
    content: <WorkTable state={state} />,
  }));
  return (
    <Page width="wide" title={t("admin.work.title")} lead={t("admin.work.intro")}>
      <Tabs
        label={t("admin.work.title")}
        tabs={[...tabs, { id: "aside", title: t("admin.work.tabs.aside"), content: <SetAside /> }]}
        value={shown}
        onChange={(tab) => setParams({ tab }, { replace: true })}
      />
    </Page>
  );
}

function WorkTable({ state }: { state: WorkState }) {
  const { t } = useTranslation();
  const work = useWork(state);
  const retry = useChange(
    ({ kind, subject_id }: Pick<Work, "kind" | "subject_id">, header) =>
      read(
        api.POST("/api/v1/admin/work/{kind}/{subject_id}/retry", {
          params: { path: { kind, subject_id }, header },
        }),
      ),
    { stale: [["work"]] },
  );
  const columns = useColumns(state, retry.isPending ? retry.variables : undefined, retry.mutate);
  return (
    <div className="flex flex-col gap-4">
      <p role="status" className="text-good empty:hidden">
        {retry.isSuccess && t("admin.work.retried")}
      </p>
      {retry.error && <ErrorState error={retry.error} />}
      <Table
        caption={t(`admin.work.captions.${state as "failed"}`)}
        columns={columns}
        {...work}
        rowId={(row) => row.kind + row.subject_id}
        loading={t("admin.work.loading")}
        empty={
          <EmptyState title={t(`admin.work.none.${state as "failed"}.title`)}>
            {t(`admin.work.none.${state as "failed"}.text`)}
          </EmptyState>
        }
      />
    </div>
  );
}

type Retried = Pick<Work, "kind" | "subject_id">;

function useColumns(
  state: WorkState,
  running: Retried | undefined,
  retry: (work: Retried) => void,
): Column<Work>[] {
  const { t } = useTranslation();
  const columns: Column<Work>[] = [
    { id: "kind", title: t("admin.work.kind"), sortBy: (row) => row.kind, cell: (row) => row.kind },
    { id: "subject", title: t("admin.work.subject"), cell: (row) => <Id text={row.subject_id} /> },
    {
      id: "interview",
      title: t("admin.work.interview"),
      sortBy: (row) => row.interview_id,
      cell: (row) => <Id text={row.interview_id} />,
    },
    {
      id: "attempts",
      title: t("admin.work.attempts"),
      numeric: true,
      sortBy: (row) => row.attempts,
      cell: (row) => row.attempts,
    },
    {
      id: "due",
      title: t("admin.work.due"),
      sortBy: (row) => row.due_at ?? "",
      cell: (row) => <span className="whitespace-nowrap">{row.due_at ? moment(row.due_at) : ""}</span>,
    },
    {
      id: "error",
      title: t("admin.work.error"),
      cell: (row) => (
        <span lang="en" className="text-sm break-words">
          {row.last_error}
        </span>
      ),
    },
  ];
  if (state !== "failed") return columns;
  const isRunning = (row: Work) => running?.kind === row.kind && running.subject_id === row.subject_id;
  const action: Column<Work> = {
    id: "actions",
    title: t("common.table.actions"),
    cell: (row) => (
      <Button
        size="small"
        aria-label={t("admin.work.retryOf", { kind: row.kind, subject: row.subject_id.slice(0, 8) })}
        busy={isRunning(row) && t("common.state.working")}
        onClick={() => retry({ kind: row.kind, subject_id: row.subject_id })}
      >
        {t("admin.work.retry")}
      </Button>
    ),
  };
  return [action, ...columns];
}

/** The start of an id; all of it on hover and for readers. */
export function Id({ text }: { text: string }) {
  return (
    <code title={text} className="text-sm text-muted">
      <span aria-hidden>{text.slice(0, 8)}</span>
      <span className="sr-only">{text}</span>
    </code>
  );
}

function SetAside() {
  const { t } = useTranslation();
  const messages = useSetAside();
  const columns: Column<Schema["SetAsideMessage"]>[] = [
    {
      id: "at",
      title: t("admin.work.at"),
      sortBy: (row) => row.at ?? "",
      cell: (row) => (row.at ? moment(row.at) : ""),
    },
    { id: "source", title: t("admin.work.source"), sortBy: (row) => row.source, cell: (row) => row.source },
    {
      id: "type",
      title: t("admin.work.type"),
      sortBy: (row) => row.type,
      cell: (row) => <code>{row.type}</code>,
    },
    { id: "reason", title: t("admin.work.reason"), cell: (row) => <span lang="en">{row.reason}</span> },
  ];
  return (
    <Table
      caption={t("admin.work.captions.aside")}
      columns={columns}
      {...messages}
      rowId={(row) => String(row.id)}
      loading={t("admin.work.loading")}
      empty={
        <EmptyState title={t("admin.work.none.aside.title")}>{t("admin.work.none.aside.text")}</EmptyState>
      }
    />
  );
}
