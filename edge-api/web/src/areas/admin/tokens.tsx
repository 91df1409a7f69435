/** Tokens of other backends: issued, shown once, revoked. */

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { companiesQuery } from "@/areas/recruiter/data";
import { day } from "@/i18n/format";
import {
  Badge,
  Button,
  type Column,
  Confirm,
  CopyButton,
  Dialog,
  EmptyState,
  Form,
  Note,
  Page,
  Select,
  Submit,
  Table,
  TextField,
  type Tone,
} from "@/ui";
import { type Schema, type Token, useTokens } from "./data";

type State = "valid" | "expired" | "revoked";
const tones: Record<State, Tone> = { valid: "good", expired: "neutral", revoked: "neutral" };
const [FEWEST_DAYS, MOST_DAYS, USUAL_DAYS] = [1, 366, 90];

function stateOf(token: Token): State {
  if (token.revoked_at) return "revoked";
  return token.expires_at && Date.parse(token.expires_at) < Date.now() ? "expired" : "valid";
}

export default function Tokens() {
  const { t } = useTranslation();
  const tokens = useTokens();
  const companies = useQuery(companiesQuery);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const revoke = useChange(
    (service_token_id: string, header) =>
      read(
        api.DELETE("/api/v1/admin/service-tokens/{service_token_id}", {
          params: { path: { service_token_id }, header },
        }),
      ),
    { stale: [["service-tokens"]], onDone: () => setRevoking(null) },
  );
  const companyName = (id: string) =>
    id
      ? (companies.data?.find((each) => each.id === id)?.name ?? id.slice(0, 8))
      : t("admin.tokens.companyAll");
  return (
    <Page
      width="wide"
      title={t("admin.tokens.title")}
      lead={t("admin.tokens.intro")}
      aside={
        <Button look="primary" onClick={() => setMaking(true)} icon={<Plus aria-hidden size={18} />}>
          {t("admin.tokens.new")}
        </Button>
      }
    >
      <p role="status" className="text-good empty:hidden">
        {revoke.isSuccess && t("admin.tokens.revokedDone")}
      </p>
      <Table
        caption={t("admin.tokens.caption")}
        columns={useColumns(companyName, setRevoking)}
        {...tokens}
        rowId={(row) => row.id}
        loading={t("admin.tokens.loading")}
        empty={<EmptyState title={t("admin.tokens.emptyTitle")}>{t("admin.tokens.emptyText")}</EmptyState>}
      />
      {making && <NewToken companies={companies.data ?? []} onClose={() => setMaking(false)} />}
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        onConfirm={() => revoking && revoke.mutate(revoking.id)}
        title={t("admin.tokens.revokeTitle")}
        action={t("admin.tokens.revoke")}
        busy={revoke.isPending}
        error={revoke.error}
      >
        <p>{t("admin.tokens.revokeText", { name: revoking?.name })}</p>
      </Confirm>
    </Page>
  );
}

function useColumns(companyName: (id: string) => string, onRevoke: (token: Token) => void): Column<Token>[] {
  const { t } = useTranslation();
  return [
    { id: "name", title: t("admin.tokens.name"), sortBy: (row) => row.name, cell: (row) => row.name },
    { id: "company", title: t("admin.tokens.company"), cell: (row) => companyName(row.company_id) },
    {
      id: "state",
      title: t("admin.tokens.state"),
      sortBy: stateOf,
      cell: (row) => <Badge tone={tones[stateOf(row)]}>{t(`admin.tokens.${stateOf(row)}`)}</Badge>,
    },
    {
      id: "created",
      title: t("admin.tokens.created"),
      sortBy: (row) => row.created_at ?? "",
      cell: (row) => (row.created_at ? day(row.created_at) : ""),
    },
    {
      id: "expires",
      title: t("admin.tokens.expires"),
      sortBy: (row) => row.expires_at ?? "",
      cell: (row) => (row.expires_at ? day(row.expires_at) : ""),
    },
    {
      id: "actions",
      title: t("common.table.actions"),
      cell: (row) =>
        stateOf(row) === "valid" ? (
          <Button
            size="small"
            look="danger"
            aria-label={t("admin.tokens.revokeOf", { name: row.name })}
            onClick={() => onRevoke(row)}
          >
            {t("admin.tokens.revoke")}
          </Button>
        ) : null,
    },
  ];
}

interface NewTokenProps {
  companies: readonly { id: string; name: string }[];
  onClose: () => void;
}

/** The token is in this dialog and nowhere else: closing it forgets the token. */
function NewToken({ companies, onClose }: NewTokenProps) {
  const { t } = useTranslation();
  const form = useForm({ defaultValues: { name: "", valid_days: USUAL_DAYS, company_id: "" } });
  const { errors } = form.formState;
  const issue = useChange(
    (body: Schema["IssueServiceTokenBody"], header) =>
      read(api.POST("/api/v1/admin/service-tokens", { params: { header }, body })),
    { stale: [["service-tokens"]] },
  );
  if (issue.data) return <Shown name={issue.variables.name} token={issue.data.token} onClose={onClose} />;
  return (
    <Dialog open onClose={onClose} title={t("admin.tokens.new")}>
      <Form error={issue.error} onSubmit={form.handleSubmit((body) => issue.mutate(body))}>
        <TextField
          label={t("admin.tokens.name")}
          hint={t("admin.tokens.nameHint")}
          maxLength={80}
          error={errors.name && t("admin.tokens.nameNeeded")}
          {...form.register("name", { validate: (text) => text.trim() !== "" })}
        />
        <TextField
          type="number"
          label={t("admin.tokens.days")}
          hint={t("admin.tokens.daysHint")}
          min={FEWEST_DAYS}
          max={MOST_DAYS}
          error={errors.valid_days && t("admin.tokens.daysWrong")}
          {...form.register("valid_days", {
            valueAsNumber: true,
            min: FEWEST_DAYS,
            max: MOST_DAYS,
            required: true,
          })}
        />
        <Select
          label={t("admin.tokens.company")}
          options={[
            { value: "", label: t("admin.tokens.companyAll") },
            ...companies.map((each) => ({ value: each.id, label: each.name })),
          ]}
          {...form.register("company_id")}
        />
        <Submit className="self-end" busy={issue.isPending && t("common.state.working")}>
          {t("admin.tokens.issue")}
        </Submit>
      </Form>
    </Dialog>
  );
}

function Shown({ name, token, onClose }: { name: string; token: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("admin.tokens.shownTitle", { name })}
      actions={
        <Button look="primary" onClick={onClose}>
          {t("admin.tokens.done")}
        </Button>
      }
    >
      <Note tone="warn">
        <p role="status">{t("admin.tokens.shownText")}</p>
      </Note>
      <textarea
        readOnly
        rows={5}
        aria-label={t("admin.tokens.token")}
        value={token}
        className="input font-mono text-sm break-all"
      />
      <CopyButton text={token}>{t("admin.tokens.copy")}</CopyButton>
    </Dialog>
  );
}
