import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";
import { Button, ErrorState, LinkButton, Page } from "@/ui";

/** A screen that failed: often a part of the page that an upgrade has replaced. Loading anew mends it. */
export function Broken() {
  const { t } = useTranslation();
  const error = useRouteError();
  return (
    <main className="px-4 py-16">
      <Page title={t("common.broken.title")} width="narrow">
        <ErrorState error={error}>
          <Button look="primary" onClick={() => location.reload()}>
            {t("common.broken.reload")}
          </Button>
        </ErrorState>
      </Page>
    </main>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Page title={t("common.notFound.title")} lead={t("common.notFound.text")} width="narrow">
      <LinkButton to="/">{t("common.action.home")}</LinkButton>
    </Page>
  );
}
