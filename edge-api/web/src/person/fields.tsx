import type { ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import { TextField } from "@/ui";

/** The fields that say who a person is, the same in every form. */
type Props = Omit<ComponentProps<typeof TextField>, "label" | "type">;

export function NameField(props: Props) {
  const { t } = useTranslation();
  return <TextField label={t("common.form.nameLabel")} autoComplete="name" {...props} />;
}

export function EmailField(props: Props) {
  const { t } = useTranslation();
  return <TextField label={t("common.form.emailLabel")} type="email" autoComplete="username" {...props} />;
}

export function PasswordField({ label, ...props }: Props & { label?: string }) {
  const { t } = useTranslation();
  return (
    <TextField
      label={label ?? t("common.form.passwordLabel")}
      type="password"
      autoComplete="current-password"
      {...props}
    />
  );
}

/** A password that is chosen now. */
export function NewPasswordField(props: Props & { label?: string }) {
  const { t } = useTranslation();
  return <PasswordField hint={t("common.form.passwordHint")} autoComplete="new-password" {...props} />;
}
