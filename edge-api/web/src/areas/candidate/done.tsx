import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { api, read } from "@/api/client";
import type { Interview } from "@/api/types";
import { Card, LinkButton, Loaded, Page } from "@/ui";
import { KeptConsents } from "./report/consents";

const LOOK_MS = 3000;

export function Component() {
  const { t } = useTranslation();
  const { id = "" } = useParams();
  const query = useQuery({
    queryKey: ["done", id],
    queryFn: async () => {
      const found = await read(
        api.GET("/api/v1/interviews/{interview_id}", { params: { path: { interview_id: id } } }),
      );
      if (!found.interview) throw new Error("an interview without itself");
      return found.interview;
    },
    refetchInterval: ({ state }) =>
      ["pending", "not_yet"].includes(state.data?.report_state ?? "") ? LOOK_MS : false,
  });
  return (
    <Page title={t("candidate.done.title")} width="narrow">
      <Loaded query={query} words={t("candidate.done.loading")}>
        {(interview) => (
          <>
            <Next interview={interview} />
            {interview.report_state !== "ready" && <KeptConsents interview={interview} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Next({ interview }: { interview: Interview }) {
  const { t } = useTranslation();
  const kind =
    interview.status === "withdrawn" ? "withdrawn" : interview.practice ? "practice" : interview.report_state;
  return (
    <Card>
      <p role="status" className="text-lg">
        {t(`candidate.done.text.${kind}`)}
      </p>
      {kind !== "withdrawn" && kind !== "practice" && (
        <p className="text-muted">{t("candidate.done.human")}</p>
      )}
      <div className="flex flex-wrap gap-2">
        {kind === "ready" && (
          <LinkButton look="primary" to={`/interviews/${interview.id}/report`}>
            {t("candidate.done.report")}
          </LinkButton>
        )}
        {kind === "practice" && (
          <LinkButton look="primary" to="/interviews/new">
            {t("candidate.done.real")}
          </LinkButton>
        )}
        <LinkButton to="/home">{t("common.action.home")}</LinkButton>
      </div>
    </Card>
  );
}
