import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { api, read } from "@/api/client";
import { EmailField, PasswordField } from "@/person/fields";
import { emailIn } from "@/person/schema";
import { Form, Submit } from "@/ui";
import { Door } from "./door";
import { useEnter } from "./use-sign-in";

export function Component() {
  const { t } = useTranslation();
  const enter = useEnter();
  const schema = z.object({
    email: emailIn(t),
    password: z.string().check(z.minLength(1, t("common.form.required"))),
  });
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { email: "", password: "" } });
  const logIn = useMutation({
    mutationFn: (body: z.infer<typeof schema>) => read(api.POST("/api/v1/auth/login", { body })),
    onSuccess: (found) => enter(found, found.user),
  });
  const { errors } = form.formState;
  return (
    <Door name="signIn">
      <Form error={logIn.error} onSubmit={form.handleSubmit((values) => logIn.mutate(values))}>
        <EmailField error={errors.email?.message} {...form.register("email")} />
        <PasswordField error={errors.password?.message} {...form.register("password")} />
        <Submit busy={logIn.isPending && t("common.signIn.busy")}>{t("common.signIn.submit")}</Submit>
      </Form>
    </Door>
  );
}
