import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { Card, Page } from "@/ui";

/** The frame of signing in and of registering; each leads to the other and keeps where to go afterwards. */
export function Door({ name, children }: { name: "signIn" | "register"; children: ReactNode }) {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const other = name === "signIn" ? "register" : "sign-in";
  return (
    <Page title={t(`common.${name}.title`)} lead={t(`common.${name}.lead`)} width="narrow">
      <Card>{children}</Card>
      <p>
        {t(`common.${name}.otherwise`)}{" "}
        <Link to={`/${other}?${search}`} className="text-accent underline">
          {t(`common.${name}.other`)}
        </Link>
      </p>
    </Page>
  );
}
