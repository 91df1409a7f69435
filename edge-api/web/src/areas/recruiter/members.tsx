/** Who works for a company. Only admins can list people; others add and remove by id. */

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { usePages } from "@/api/pages";
import { useUser } from "@/shell/guards";
import { Button, Card, Confirm, EmptyState, ErrorState, Form, Select, Table, TextField } from "@/ui";
import type { Company, Schema } from "./data";

type User = Schema["User"];

export function Members({ company }: { company: Company }) {
  const { t } = useTranslation();
  const user = useUser();
  return (
    <Card title={t("recruiter.companies.members")}>
      {user.role === "admin" ? <Listed company={company} /> : <Unlisted company={company} myId={user.id} />}
    </Card>
  );
}

function useMembership(company_id: string, onDone?: () => void) {
  return useChange(
    ({ user_id, member }: { user_id: string; member: boolean }, header) => {
      const params = { path: { company_id, user_id }, header };
      return member
        ? read(api.PUT("/api/v1/companies/{company_id}/members/{user_id}", { params }))
        : read(api.DELETE("/api/v1/companies/{company_id}/members/{user_id}", { params }));
    },
    { stale: [["users"]], ...(onDone && { onDone }) },
  );
}

function Listed({ company }: { company: Company }) {
  const { t } = useTranslation();
  const recruiters = usePages<User>(["users", "recruiter"], (page_token, signal) =>
    read(
      api.GET("/api/v1/admin/users", {
        params: { query: { role: "recruiter", page_size: 200, page_token } },
        signal,
      }),
    ).then((answer) => ({ rows: answer.users, next: answer.next_page_token })),
  );
  const [leaving, setLeaving] = useState<User | null>(null);
  const change = useMembership(company.id, () => setLeaving(null));
  const members = recruiters.rows?.filter((each) => each.company_ids.includes(company.id));
  const others = (recruiters.rows ?? []).filter((each) => !each.company_ids.includes(company.id));
  return (
    <>
      <Table
        caption={t("recruiter.companies.membersCaption")}
        columns={[
          {
            id: "email",
            title: t("admin.users.email"),
            cell: (row: User) => row.email,
            sortBy: (row) => row.email,
          },
          { id: "name", title: t("admin.users.name"), cell: (row: User) => row.display_name },
          {
            id: "actions",
            title: t("common.table.actions"),
            cell: (row: User) => (
              <Button
                size="small"
                look="danger"
                aria-label={t("recruiter.companies.memberRemoveOf", { email: row.email })}
                onClick={() => setLeaving(row)}
              >
                {t("recruiter.companies.memberRemove")}
              </Button>
            ),
          },
        ]}
        {...recruiters}
        rows={members}
        rowId={(row) => row.id}
        loading={t("recruiter.companies.membersLoading")}
        empty={<EmptyState title={t("recruiter.companies.membersNone")} />}
      />
      {others.length > 0 && (
        <AddListed
          others={others}
          add={(user_id) => change.mutate({ user_id, member: true })}
          busy={change.isPending}
        />
      )}
      {!leaving && change.error && <ErrorState error={change.error} />}
      <Confirm
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        onConfirm={() => leaving && change.mutate({ user_id: leaving.id, member: false })}
        title={t("recruiter.companies.memberRemoveTitle")}
        action={t("recruiter.companies.memberRemove")}
        busy={change.isPending}
        error={change.error}
      >
        <p>{leaving?.email}</p>
        <p>{t("recruiter.companies.memberRemoveText")}</p>
      </Confirm>
    </>
  );
}

function AddListed({
  others,
  add,
  busy,
}: {
  others: readonly User[];
  add: (user_id: string) => void;
  busy: boolean;
}) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState("");
  const value = others.some((each) => each.id === chosen) ? chosen : (others[0]?.id ?? "");
  return (
    <div className="flex flex-wrap items-end gap-3">
      <Select
        className="w-full sm:w-72"
        label={t("recruiter.companies.memberChoose")}
        value={value}
        onChange={(event) => setChosen(event.target.value)}
        options={others.map((each) => ({ value: each.id, label: each.email }))}
      />
      <Button onClick={() => add(value)} busy={busy && t("common.state.working")}>
        {t("recruiter.companies.memberAdd")}
      </Button>
    </div>
  );
}

function Unlisted({ company, myId }: { company: Company; myId: string }) {
  const { t } = useTranslation();
  const [user_id, setUserId] = useState("");
  const [asking, setAsking] = useState(false);
  const change = useMembership(company.id, () => setAsking(false));
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (user_id.trim()) change.mutate({ user_id: user_id.trim(), member: true });
  };
  const said = change.variables?.member
    ? "recruiter.companies.memberAdded"
    : "recruiter.companies.memberRemoved";
  return (
    <>
      <p className="text-muted">{t("recruiter.companies.membersUnlisted")}</p>
      <p>
        {t("recruiter.companies.myId")}: <code className="text-sm break-all">{myId}</code>
      </p>
      <Form error={change.error} onSubmit={add} className="flex flex-wrap items-end gap-3">
        <TextField
          className="min-w-60 flex-1"
          name="user_id"
          label={t("recruiter.companies.memberId")}
          value={user_id}
          spellCheck={false}
          onChange={(event) => setUserId(event.target.value)}
        />
        <Button type="submit" busy={change.isPending && t("common.state.working")}>
          {t("recruiter.companies.memberAdd")}
        </Button>
        <Button look="danger" disabled={!user_id.trim()} onClick={() => setAsking(true)}>
          {t("recruiter.companies.memberRemove")}
        </Button>
      </Form>
      <p role="status" className="text-good empty:hidden">
        {change.isSuccess && t(said)}
      </p>
      {!asking && change.error && <ErrorState error={change.error} />}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => change.mutate({ user_id: user_id.trim(), member: false })}
        title={t("recruiter.companies.memberRemoveTitle")}
        action={t("recruiter.companies.memberRemove")}
        busy={change.isPending}
        error={change.error}
      >
        <p>{t("recruiter.companies.memberRemoveText")}</p>
      </Confirm>
    </>
  );
}
