import type { TFunction } from "i18next";
import * as z from "zod/mini";

/** What the forms ask for; the words of what is wrong come from the locale. */
export function emailIn(t: TFunction) {
  return z.email(t("common.form.email"));
}

export function newPasswordIn(t: TFunction) {
  return z
    .string()
    .check(z.minLength(10, t("common.form.passwordShort")), z.maxLength(128, t("common.form.passwordLong")));
}

export function requiredIn(t: TFunction) {
  return z
    .string()
    .check(z.trim(), z.minLength(1, t("common.form.required")), z.maxLength(80, t("common.form.tooLong")));
}
