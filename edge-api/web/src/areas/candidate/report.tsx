import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { download } from "@/api/client";
import { reportBody } from "@/report/body";
import { ReportView } from "@/report/view";
import { Button, EmptyState, ErrorState, LinkButton, Loaded, Page } from "@/ui";
import { useInterview, useReport } from "./queries";
import { KeptConsents } from "./report/consents";
import { Correction } from "./report/correction";
import { DecisionCard } from "./report/review";

export function Component() {
  const { t } = useTranslation();
  const { id = "" } = useParams();
  const interview = useInterview(id);
  const [corrected, setCorrected] = useState(0);
  const report = useReport(id, corrected);
  return (
    <Page
      title={t("candidate.report.title")}
      lead={t("candidate.report.lead")}
      aside={<Files id={id} />}
      width="wide"
    >
      <Loaded query={report} words={t("candidate.report.loading")}>
        {(found) => {
          const body = reportBody(found.report);
          if (!body) return <NoReport id={id} />;
          const turns = interview.data?.turns ?? [];
          return (
            <ReportView
              report={body}
              action={({ turn_id }) => (
                <Correction
                  interviewId={id}
                  turn={turns.find((turn) => turn.id === turn_id)}
                  awaited={found.version <= corrected}
                  onSaved={() => setCorrected(found.version)}
                />
              )}
            />
          );
        }}
      </Loaded>
      <Loaded query={interview} words={t("candidate.report.loading")}>
        {({ interview: found }) =>
          found && (
            <>
              {found.company_id && <DecisionCard interview={found} />}
              <KeptConsents interview={found} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function NoReport({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("candidate.report.none")}
      action={<LinkButton to={`/interviews/${id}/done`}>{t("candidate.report.toState")}</LinkButton>}
    />
  );
}

function Files({ id }: { id: string }) {
  const { t } = useTranslation();
  const path = `/api/v1/interviews/${id}/report`;
  const pdf = useMutation({ mutationFn: () => download(`${path}.pdf`, "viva-report.pdf") });
  const json = useMutation({ mutationFn: () => download(path, "viva-report.json") });
  const busy = t("candidate.report.fetching");
  return (
    <div className="flex flex-col gap-2">
      <div className="flex gap-2">
        <Button
          size="small"
          icon={<Download aria-hidden size={16} />}
          onClick={() => pdf.mutate()}
          busy={pdf.isPending && busy}
        >
          {t("candidate.report.pdf")}
        </Button>
        <Button
          size="small"
          icon={<Download aria-hidden size={16} />}
          onClick={() => json.mutate()}
          busy={json.isPending && busy}
        >
          {t("candidate.report.json")}
        </Button>
      </div>
      {(pdf.error ?? json.error) && <ErrorState error={pdf.error ?? json.error} />}
    </div>
  );
}
