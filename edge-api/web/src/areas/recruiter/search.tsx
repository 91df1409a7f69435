/** Passages of candidates' résumés, nearest in meaning first. */

import { useQuery } from "@tanstack/react-query";
import { Search as Glass } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, read } from "@/api/client";
import { number } from "@/i18n/format";
import { Button, Card, EmptyState, Loaded, Page, TextField } from "@/ui";
import { ForCompany } from "./company";
import { type Company, jobsQuery, type Schema, useCandidateNames } from "./data";
import { useCandidateName } from "./words";

const [QUERY_LIMIT, HITS] = [1000, 20];
type Hit = Schema["ResumeHit"];

export default function Search() {
  const { t } = useTranslation();
  return (
    <Page title={t("recruiter.search.title")} lead={t("recruiter.search.intro")}>
      <ForCompany>{(company) => <InCompany company={company} />}</ForCompany>
    </Page>
  );
}

function InCompany({ company }: { company: Company }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const asked = params.get("q") ?? "";
  const [text, setText] = useState(asked);
  const [tried, setTried] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (text.trim()) setParams({ q: text.trim() });
  };
  return (
    <>
      <form onSubmit={submit} noValidate className="flex flex-wrap items-end gap-3">
        <TextField
          type="search"
          className="min-w-60 flex-1"
          label={t("recruiter.search.query")}
          hint={t("recruiter.search.queryHint")}
          maxLength={QUERY_LIMIT}
          value={text}
          onChange={(event) => setText(event.target.value)}
          error={tried && !text.trim() ? t("recruiter.search.queryNeeded") : undefined}
        />
        <Button type="submit" look="primary" icon={<Glass aria-hidden size={18} />}>
          {t("recruiter.search.go")}
        </Button>
      </form>
      {asked ? (
        <Hits key={asked} company={company} query={asked} />
      ) : (
        <EmptyState title={t("recruiter.search.startTitle")}>{t("recruiter.search.startText")}</EmptyState>
      )}
    </>
  );
}

function Hits({ company, query }: { company: Company; query: string }) {
  const { t } = useTranslation();
  const body = { query, company_id: company.id, limit: HITS };
  const found = useQuery({
    queryKey: ["resume-search", body],
    queryFn: ({ signal }) => read(api.POST("/api/v1/resume-searches", { body, signal })),
  });
  const jobs = useQuery(jobsQuery(company.id));
  const nameOf = useCandidateName(useCandidateNames(jobs.data).data);
  return (
    <Loaded query={found} words={t("recruiter.search.searching")}>
      {({ hits }) =>
        hits.length === 0 ? (
          <EmptyState title={t("recruiter.search.emptyTitle")}>{t("recruiter.search.emptyText")}</EmptyState>
        ) : (
          <section aria-label={t("recruiter.search.results")} className="flex flex-col gap-4">
            <p role="status" className="text-muted">
              {t("recruiter.search.found", { n: hits.length })}
            </p>
            {hits.map((hit) => (
              <HitCard key={hit.resume_id + hit.text} hit={hit} name={nameOf(hit.candidate_id)} />
            ))}
          </section>
        )
      }
    </Loaded>
  );
}

function HitCard({ hit, name }: { hit: Hit; name: string }) {
  const { t } = useTranslation();
  return (
    <Card
      title={name}
      aside={
        <span className="text-sm text-muted">
          {hit.section} ·{" "}
          {t("recruiter.search.similarity", { percent: number(Math.max(0, hit.similarity) * 100) })}
        </span>
      }
    >
      <p className="whitespace-pre-wrap">{hit.text}</p>
      <Link to={`/recruiter/interviews?candidate=${hit.candidate_id}`} className="self-start text-accent">
        {t("recruiter.search.interviews")}
      </Link>
    </Card>
  );
}
