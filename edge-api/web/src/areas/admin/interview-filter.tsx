import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Button, TextField } from "@/ui";

/** Keeps the interview that a list is narrowed to in the address. */
export function InterviewFilter() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState(params.get("interview") ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setParams(text.trim() ? { interview: text.trim() } : {});
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
      <TextField
        className="w-full sm:w-96"
        label={t("admin.turns.filter")}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit">{t("admin.turns.apply")}</Button>
    </form>
  );
}
