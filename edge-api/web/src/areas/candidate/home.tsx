import { useQueries, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, read } from "@/api/client";
import type { Interview, Resume } from "@/api/types";
import { day, number } from "@/i18n/format";
import { Badge, EmptyState, LinkButton, Loaded, Page, type Tone } from "@/ui";
import { Sparkline } from "./parts/sparkline";
import { homeAhead, invitedQuery, type Offer, useInterviews, useResumes } from "./queries";

export const ahead = homeAhead;

export function Component() {
  const { t } = useTranslation();
  const interviews = useInterviews();
  const resumes = useResumes();
  const invited = useQuery(invitedQuery);
  return (
    <Page title={t("candidate.home.title")}>
      <Loaded query={interviews} words={t("candidate.home.loading")}>
        {(all) => (
          <>
            <Loaded query={resumes} words={t("candidate.home.loading")}>
              {(found) => (
                <Loaded query={invited} words={t("candidate.home.loading")}>
                  {(offers) => <Ahead interviews={all} resumes={found} offers={untouched(offers, all)} />}
                </Loaded>
              )}
            </Loaded>
            <Past interviews={all.filter((each) => !each.practice && each.status !== "created")} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** What was offered and has no interview yet. */
function untouched(offers: readonly Offer[], interviews: readonly Interview[]): Offer[] {
  return offers.filter(({ job }) => !interviews.some((each) => each.job_id === job.id));
}

interface AheadProps {
  interviews: Interview[];
  resumes: Resume[];
  offers: Offer[];
}

function Ahead({ interviews, resumes, offers }: AheadProps) {
  const { t } = useTranslation();
  const begun = interviews.some((each) => ["created", "in_progress", "paused"].includes(each.status));
  const later = begun ? offers : offers.slice(1);
  return (
    <>
      <NextStep interviews={interviews} resumes={resumes} offers={offers} />
      {later.length > 0 && (
        <section className="flex flex-col gap-3">
          <h2>{t("candidate.home.invited.more")}</h2>
          <ul className="flex flex-col gap-2">
            {later.map(({ job, company }) => (
              <li key={job.id} className="card flex flex-wrap items-center justify-between gap-2 p-4">
                <span className="font-medium">
                  {t("candidate.home.invited.text", { company: company.name, job: job.title })}
                </span>
                <LinkButton size="small" to={`/interviews/new?job=${job.id}`}>
                  {t("candidate.home.invited.do")}
                </LinkButton>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** One thing at a time: what is under way, what was set up, an invitation, the résumé, a new interview. */
function NextStep({ interviews, resumes, offers }: AheadProps) {
  const { t } = useTranslation();
  const running = interviews.find((each) => each.status === "in_progress" || each.status === "paused");
  const ready = interviews.find((each) => each.status === "created");
  if (running) {
    const at = { number: running.stage_position + 1, all: running.stages.length };
    return (
      <Step title={t("candidate.home.continue.title", at)} text={t("candidate.home.continue.text")}>
        <LinkButton look="primary" size="large" to={`/interviews/${running.id}/room`}>
          {t("candidate.home.continue.do")}
        </LinkButton>
      </Step>
    );
  }
  if (ready) {
    return (
      <Step title={t("candidate.home.ready.title")} text={t("candidate.home.ready.text")}>
        <LinkButton look="primary" size="large" to={`/interviews/new?interview=${ready.id}`}>
          {t("candidate.home.ready.do")}
        </LinkButton>
      </Step>
    );
  }
  const [offer] = offers;
  const hasResume = resumes.some((each) => each.status === "ready");
  if (offer) {
    const names = { company: offer.company.name, job: offer.job.title };
    return (
      <Step title={t("candidate.home.invited.title")} text={t("candidate.home.invited.text", names)}>
        <LinkButton look="primary" size="large" to={`/interviews/new?job=${offer.job.id}`}>
          {t("candidate.home.invited.do")}
        </LinkButton>
        {!hasResume && (
          <LinkButton size="large" to={`/resume?job=${offer.job.id}`}>
            {t("candidate.home.invited.resume")}
          </LinkButton>
        )}
      </Step>
    );
  }
  if (!hasResume) {
    return (
      <Step title={t("candidate.home.resume.title")} text={t("candidate.home.resume.text")}>
        <LinkButton look="primary" size="large" to="/resume">
          {t("candidate.home.resume.do")}
        </LinkButton>
        <LinkButton look="quiet" size="large" to="/interviews/new">
          {t("candidate.home.resume.without")}
        </LinkButton>
      </Step>
    );
  }
  return (
    <Step title={t("candidate.home.start.title")} text={t("candidate.home.start.text")}>
      <LinkButton look="primary" size="large" to="/interviews/new">
        {t("candidate.home.start.do")}
      </LinkButton>
      <LinkButton look="secondary" size="large" to="/interviews/new?practice=1">
        {t("candidate.home.start.practice")}
      </LinkButton>
    </Step>
  );
}

function Step({ title, text, children }: { title: string; text: string; children: React.ReactNode }) {
  return (
    <section className="card flex flex-col gap-4 border-l-4 border-l-accent p-6 sm:p-8">
      <h2 className="text-xl">{title}</h2>
      <p className="text-muted">{text}</p>
      <div className="flex flex-wrap gap-2">{children}</div>
    </section>
  );
}

function Past({ interviews }: { interviews: Interview[] }) {
  const { t } = useTranslation();
  const reports = useQueries({
    queries: interviews
      .filter((each) => each.report_state === "ready")
      .slice(0, 12)
      .map((each) => ({
        queryKey: ["report", each.id],
        queryFn: () =>
          read(
            api.GET("/api/v1/interviews/{interview_id}/report", {
              params: { path: { interview_id: each.id } },
            }),
          ),
      })),
  });
  const totals = reports.map((report) => report.data?.total).filter((total) => typeof total === "number");
  return (
    <section className="flex flex-col gap-3">
      <h2>{t("candidate.home.past.title")}</h2>
      {totals.length > 1 && (
        <Sparkline
          values={totals.toReversed()}
          words={t("candidate.home.past.trend", {
            scores: totals
              .toReversed()
              .map((each) => number(each, 1))
              .join(", "),
          })}
        />
      )}
      {interviews.length === 0 && <EmptyState title={t("candidate.home.past.empty")} />}
      <ul className="flex flex-col gap-2">
        {interviews.map((each) => (
          <PastOne key={each.id} interview={each} />
        ))}
      </ul>
    </section>
  );
}

const tones: Partial<Record<Interview["status"], Tone>> = {
  completed: "good",
  in_progress: "accent",
  paused: "warn",
};

function PastOne({ interview }: { interview: Interview }) {
  const { t } = useTranslation();
  return (
    <li className="card flex flex-wrap items-center justify-between gap-2 p-4">
      <div>
        <Link
          to={`/interviews/${interview.id}/${interview.report_state === "ready" ? "report" : "done"}`}
          className="font-medium text-ink"
        >
          {t("candidate.home.past.one", { day: day(interview.created_at ?? "") })}
        </Link>
        <p className="text-sm text-muted">{t(`candidate.reportState.${interview.report_state}`)}</p>
      </div>
      <Badge tone={tones[interview.status] ?? "neutral"}>{t(`candidate.status.${interview.status}`)}</Badge>
    </li>
  );
}
