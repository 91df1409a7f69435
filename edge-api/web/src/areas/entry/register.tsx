import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { api, read } from "@/api/client";
import { language } from "@/i18n";
import { EmailField, NameField, NewPasswordField } from "@/person/fields";
import { emailIn, newPasswordIn, requiredIn } from "@/person/schema";
import { Form, Submit } from "@/ui";
import { Door } from "./door";
import { useEnter } from "./use-sign-in";

export function Component() {
  const { t } = useTranslation();
  const enter = useEnter();
  const schema = z.object({ email: emailIn(t), password: newPasswordIn(t), display_name: requiredIn(t) });
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { email: "", password: "", display_name: "" },
  });
  const register = useMutation({
    mutationFn: (values: z.infer<typeof schema>) =>
      read(api.POST("/api/v1/auth/register", { body: { ...values, language: language() } })),
    onSuccess: (found) => enter(found, found.user),
  });
  const { errors } = form.formState;
  return (
    <Door name="register">
      <Form error={register.error} onSubmit={form.handleSubmit((values) => register.mutate(values))}>
        <NameField error={errors.display_name?.message} {...form.register("display_name")} />
        <EmailField error={errors.email?.message} {...form.register("email")} />
        <NewPasswordField error={errors.password?.message} {...form.register("password")} />
        <Submit busy={register.isPending && t("common.register.busy")}>{t("common.register.submit")}</Submit>
      </Form>
    </Door>
  );
}
