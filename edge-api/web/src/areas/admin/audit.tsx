/** Who did what to what, newest first. */

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { moment } from "@/i18n/format";
import { Button, type Column, EmptyState, Page, Table, TextField } from "@/ui";
import { type Schema, useAudit } from "./data";

type Entry = Schema["AuditEntry"];

export default function Audit() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const actor = params.get("actor") ?? "";
  const subject = params.get("subject") ?? "";
  const entries = useAudit(actor, subject);
  const show = (next: { actor: string; subject: string }) =>
    setParams(Object.fromEntries(Object.entries(next).filter(([, value]) => value)));
  return (
    <Page width="wide" title={t("admin.audit.title")} lead={t("admin.audit.intro")}>
      <Filter key={`${actor} ${subject}`} actor={actor} subject={subject} onShow={show} />
      <Table
        caption={t("admin.audit.caption")}
        columns={useColumns(
          (only) => show({ actor: only, subject }),
          (only) => show({ actor, subject: only }),
        )}
        {...entries}
        rowId={(row) => String(row.id)}
        loading={t("admin.audit.loading")}
        empty={<EmptyState title={t("admin.audit.emptyTitle")}>{t("admin.audit.emptyText")}</EmptyState>}
      />
    </Page>
  );
}

interface FilterProps {
  actor: string;
  subject: string;
  onShow: (next: { actor: string; subject: string }) => void;
}

function Filter({ onShow, ...given }: FilterProps) {
  const { t } = useTranslation();
  const [actor, setActor] = useState(given.actor);
  const [subject, setSubject] = useState(given.subject);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onShow({ actor: actor.trim(), subject: subject.trim() });
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
      <TextField
        className="min-w-60 flex-1"
        label={t("admin.audit.actorFilter")}
        spellCheck={false}
        value={actor}
        onChange={(event) => setActor(event.target.value)}
      />
      <TextField
        className="min-w-60 flex-1"
        label={t("admin.audit.subjectFilter")}
        spellCheck={false}
        value={subject}
        onChange={(event) => setSubject(event.target.value)}
      />
      <Button type="submit">{t("admin.audit.apply")}</Button>
      {(given.actor || given.subject) && (
        <Button look="quiet" onClick={() => onShow({ actor: "", subject: "" })}>
          {t("admin.audit.clear")}
        </Button>
      )}
    </form>
  );
}

function useColumns(onActor: (actor: string) => void, onSubject: (subject: string) => void): Column<Entry>[] {
  const { t } = useTranslation();
  const link = (text: string, label: string, onPress: (text: string) => void) => (
    <button
      type="button"
      title={label}
      onClick={() => onPress(text)}
      className="text-left text-sm break-all text-accent underline"
    >
      {text}
    </button>
  );
  return [
    {
      id: "at",
      title: t("admin.audit.at"),
      sortBy: (row) => row.at ?? "",
      cell: (row) => <span className="whitespace-nowrap">{row.at ? moment(row.at) : ""}</span>,
    },
    {
      id: "action",
      title: t("admin.audit.action"),
      sortBy: (row) => row.action,
      cell: (row) => <code className="text-sm whitespace-nowrap">{row.action}</code>,
    },
    {
      id: "actor",
      title: t("admin.audit.actor"),
      sortBy: (row) => row.actor,
      cell: (row) => link(row.actor, t("admin.audit.onlyActor", { actor: row.actor }), onActor),
    },
    {
      id: "subject",
      title: t("admin.audit.subject"),
      cell: (row) => link(row.subject, t("admin.audit.onlySubject", { subject: row.subject }), onSubject),
    },
    {
      id: "detail",
      title: t("admin.audit.detail"),
      cell: (row) => <span className="text-sm break-words">{row.detail}</span>,
    },
  ];
}
