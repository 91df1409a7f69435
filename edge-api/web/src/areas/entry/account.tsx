import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { useChange } from "@/api/change";
import { api, download, read } from "@/api/client";
import { signedOut } from "@/api/login";
import { NewPasswordField, PasswordField } from "@/person/fields";
import { newPasswordIn } from "@/person/schema";
import { useUser } from "@/shell/guards";
import { Button, Card, Dialog, ErrorState, Form, Page, Submit } from "@/ui";

export function Component() {
  const { t } = useTranslation();
  const user = useUser();
  return (
    <Page title={t("common.account.title")} lead={`${user.display_name} · ${user.email}`}>
      <Password />
      <Everywhere />
      <Data />
    </Page>
  );
}

function Password() {
  const { t } = useTranslation();
  const schema = z.object({
    old_password: z.string().check(z.minLength(1, t("common.form.required"))),
    new_password: newPasswordIn(t),
  });
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { old_password: "", new_password: "" },
  });
  const change = useMutation({
    mutationFn: (body: z.infer<typeof schema>) => read(api.PUT("/api/v1/me/password", { body })),
    onSuccess: signedOut,
  });
  const { errors } = form.formState;
  return (
    <Card title={t("common.account.password.title")}>
      <p className="text-muted">{t("common.account.password.text")}</p>
      <Form error={change.error} onSubmit={form.handleSubmit((values) => change.mutate(values))}>
        <PasswordField
          label={t("common.account.password.old")}
          error={errors.old_password?.message}
          {...form.register("old_password")}
        />
        <NewPasswordField
          label={t("common.account.password.new")}
          error={errors.new_password?.message}
          {...form.register("new_password")}
        />
        <Submit look="secondary" className="self-start" busy={change.isPending && t("common.account.busy")}>
          {t("common.account.password.do")}
        </Submit>
      </Form>
    </Card>
  );
}

function Everywhere() {
  const { t } = useTranslation();
  const logOut = useMutation({
    mutationFn: () => read(api.POST("/api/v1/auth/logout", { body: { everywhere: true } })),
    onSuccess: signedOut,
  });
  return (
    <Card title={t("common.account.everywhere.title")}>
      <p className="text-muted">{t("common.account.everywhere.text")}</p>
      {logOut.error && <ErrorState error={logOut.error} />}
      <Button
        className="self-start"
        onClick={() => logOut.mutate()}
        busy={logOut.isPending ? t("common.account.busy") : null}
      >
        {t("common.account.everywhere.do")}
      </Button>
    </Card>
  );
}

function Data() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const save = useMutation({ mutationFn: () => download("/api/v1/me/export", "viva-my-data.json") });
  return (
    <Card title={t("common.account.data.title")}>
      <p className="text-muted">{t("common.account.data.text")}</p>
      {save.error && <ErrorState error={save.error} />}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => save.mutate()} busy={save.isPending ? t("common.account.busy") : null}>
          {t("common.account.data.export")}
        </Button>
        <Button look="danger" onClick={() => setOpen(true)}>
          {t("common.account.erase.open")}
        </Button>
      </div>
      <Erase open={open} onClose={() => setOpen(false)} />
    </Card>
  );
}

function Erase({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} title={t("common.account.erase.title")}>
      <p>{t("common.account.erase.text")}</p>
      <EraseForm />
    </Dialog>
  );
}

function EraseForm() {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  const erase = useChange(
    (body: { password: string }, header) =>
      read(api.POST("/api/v1/me/erasure", { params: { header }, body })),
    { onDone: signedOut },
  );
  return (
    <Form
      error={erase.error}
      onSubmit={(event) => {
        event.preventDefault();
        if (password) erase.mutate({ password });
      }}
    >
      <PasswordField name="password" value={password} onChange={(event) => setPassword(event.target.value)} />
      <Submit
        look="danger"
        className="self-end"
        disabled={!password}
        busy={erase.isPending && t("common.account.erase.busy")}
      >
        {t("common.account.erase.do")}
      </Submit>
    </Form>
  );
}
