/** People and their roles. */

import { zodResolver } from "@hookform/resolvers/zod";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { LANGUAGES, language } from "@/i18n";
import { day } from "@/i18n/format";
import { EmailField, NameField, NewPasswordField } from "@/person/fields";
import { emailIn, newPasswordIn, requiredIn } from "@/person/schema";
import { useUser } from "@/shell/guards";
import {
  Badge,
  Button,
  type Column,
  Dialog,
  EmptyState,
  ErrorState,
  Form,
  Note,
  Page,
  Select,
  Submit,
  Table,
} from "@/ui";
import { type Role, type Schema, type User, useUsers } from "./data";

const ROLES = ["candidate", "recruiter", "admin"] as const;

export default function Users() {
  const { t } = useTranslation();
  const [role, setRole] = useState<Role | "">("");
  const [making, setMaking] = useState(false);
  const [changing, setChanging] = useState<User | null>(null);
  const [said, setSaid] = useState("");
  const users = useUsers(role);
  return (
    <Page
      width="wide"
      title={t("admin.users.title")}
      aside={
        <Button look="primary" onClick={() => setMaking(true)} icon={<Plus aria-hidden size={18} />}>
          {t("admin.users.new")}
        </Button>
      }
    >
      <p role="status" className="text-good empty:hidden">
        {said}
      </p>
      <Table
        caption={t("admin.users.caption")}
        columns={useColumns(setChanging)}
        {...users}
        rowId={(row) => row.id}
        filterText={(row) => `${row.email} ${row.display_name}`}
        filters={
          <Select
            className="w-full sm:w-48"
            label={t("admin.users.role")}
            value={role}
            onChange={(event) => setRole(ROLES.find((each) => each === event.target.value) ?? "")}
            options={[
              { value: "", label: t("admin.users.allRoles") },
              ...ROLES.map((value) => ({ value, label: t(`admin.users.roles.${value}`) })),
            ]}
          />
        }
        loading={t("admin.users.loading")}
        empty={<EmptyState title={t("admin.users.emptyTitle")}>{t("admin.users.emptyText")}</EmptyState>}
      />
      <NewUser
        open={making}
        onClose={() => setMaking(false)}
        onDone={(user) => setSaid(t("admin.users.createdDone", { email: user.email }))}
      />
      {changing && (
        <ChangeRole
          key={changing.id}
          user={changing}
          onClose={() => setChanging(null)}
          onDone={() => setSaid(t("admin.users.changed"))}
        />
      )}
    </Page>
  );
}

function useColumns(onChange: (user: User) => void): Column<User>[] {
  const { t } = useTranslation();
  const me = useUser();
  return [
    {
      id: "email",
      title: t("admin.users.email"),
      sortBy: (row) => row.email,
      cell: (row) => (
        <span className="flex flex-wrap items-center gap-2">
          <span className="whitespace-nowrap">{row.email}</span>{" "}
          {row.id === me.id && <Badge tone="accent">{t("admin.users.you")}</Badge>}
        </span>
      ),
    },
    {
      id: "name",
      title: t("admin.users.name"),
      sortBy: (row) => row.display_name,
      cell: (row) => row.display_name,
    },
    {
      id: "role",
      title: t("admin.users.role"),
      sortBy: (row) => row.role,
      cell: (row) => t(`admin.users.roles.${row.role}`),
    },
    {
      id: "companies",
      title: t("admin.users.companies"),
      numeric: true,
      sortBy: (row) => row.company_ids.length,
      cell: (row) => row.company_ids.length,
    },
    {
      id: "created",
      title: t("admin.users.created"),
      sortBy: (row) => row.created_at ?? "",
      cell: (row) => <span className="whitespace-nowrap">{row.created_at ? day(row.created_at) : ""}</span>,
    },
    {
      id: "actions",
      title: t("common.table.actions"),
      cell: (row) => (
        <Button
          size="small"
          aria-label={t("admin.users.changeOf", { email: row.email })}
          onClick={() => onChange(row)}
        >
          {t("admin.users.change")}
        </Button>
      ),
    },
  ];
}

interface ChangeRoleProps {
  user: User;
  onClose: () => void;
  onDone: () => void;
}

function ChangeRole({ user, onClose, onDone }: ChangeRoleProps) {
  const { t } = useTranslation();
  const me = useUser();
  const [role, setRole] = useState(user.role);
  const change = useChange(
    (next: Role, header) =>
      read(
        api.PUT("/api/v1/admin/users/{user_id}/role", {
          params: { path: { user_id: user.id }, header },
          body: { role: next },
        }),
      ),
    {
      stale: [["users"], ["me"]],
      onDone: () => {
        onDone();
        onClose();
      },
    },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("admin.users.changeTitle", { email: user.email })}
      actions={
        <>
          <Button onClick={onClose}>{t("common.action.cancel")}</Button>
          <Button
            look="primary"
            disabled={role === user.role}
            onClick={() => change.mutate(role)}
            busy={change.isPending && t("common.state.saving")}
          >
            {t("admin.users.change")}
          </Button>
        </>
      }
    >
      <p>{t("admin.users.changeText")}</p>
      {user.id === me.id && <Note tone="warn">{t("admin.users.changeSelf")}</Note>}
      <Select
        label={t("admin.users.role")}
        value={role}
        onChange={(event) => setRole(ROLES.find((each) => each === event.target.value) ?? user.role)}
        options={ROLES.map((value) => ({ value, label: t(`admin.users.roles.${value}`) }))}
      />
      {change.error && <ErrorState error={change.error} />}
    </Dialog>
  );
}

interface NewUserProps {
  open: boolean;
  onClose: () => void;
  onDone: (user: User) => void;
}

function NewUser({ open, onClose, onDone }: NewUserProps) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} title={t("admin.users.new")}>
      <NewUserForm
        onDone={(user) => {
          onDone(user);
          onClose();
        }}
      />
    </Dialog>
  );
}

function NewUserForm({ onDone }: { onDone: (user: User) => void }) {
  const { t } = useTranslation();
  const schema = z.object({
    email: emailIn(t),
    display_name: requiredIn(t),
    password: newPasswordIn(t),
    role: z.enum(ROLES),
    language: z.enum(LANGUAGES),
  });
  const form = useForm<z.infer<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: { role: "recruiter", language: language(), email: "", password: "", display_name: "" },
  });
  const { errors } = form.formState;
  const create = useChange(
    (body: Schema["CreateUserBody"], header) =>
      read(api.POST("/api/v1/admin/users", { params: { header }, body })),
    { stale: [["users"]], onDone },
  );
  return (
    <Form error={create.error} onSubmit={form.handleSubmit((body) => create.mutate(body))}>
      <EmailField autoComplete="off" error={errors.email?.message} {...form.register("email")} />
      <NameField autoComplete="off" error={errors.display_name?.message} {...form.register("display_name")} />
      <NewPasswordField
        label={t("admin.users.password")}
        hint={t("admin.users.passwordHint")}
        error={errors.password?.message}
        {...form.register("password")}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label={t("admin.users.role")}
          options={ROLES.map((value) => ({ value, label: t(`admin.users.roles.${value}`) }))}
          {...form.register("role")}
        />
        <Select
          label={t("admin.users.language")}
          options={LANGUAGES.map((value) => ({ value, label: t(`recruiter.languages.${value}`) }))}
          {...form.register("language")}
        />
      </div>
      <Submit className="self-end" busy={create.isPending && t("common.state.saving")}>
        {t("admin.users.create")}
      </Submit>
    </Form>
  );
}
