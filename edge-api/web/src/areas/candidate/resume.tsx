import { useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { api, read } from "@/api/client";
import { type ApiError, fromBody } from "@/api/problems";
import type { Resume } from "@/api/types";
import { bytes, percent } from "@/i18n/format";
import {
  Bar,
  Button,
  Card,
  cx,
  ErrorState,
  LinkButton,
  Loaded,
  Note,
  Page,
  type StepState,
  Steps,
} from "@/ui";
import { Understood } from "./parts/understood";
import { useResumes } from "./queries";
import { MOST_BYTES, uploadResume } from "./upload";

const WATCH_MS = 1000;

export function Component() {
  const { t } = useTranslation();
  const resumes = useResumes();
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <Page title={t("candidate.resume.title")} lead={t("candidate.resume.lead")}>
      <DropZone onUploaded={(resume) => setChosen(resume.id)} />
      <Loaded query={resumes} words={t("candidate.resume.loading")}>
        {(all) => {
          const id = chosen ?? all[0]?.id;
          return id ? <OneResume key={id} id={id} /> : null;
        }}
      </Loaded>
    </Page>
  );
}

function DropZone({ onUploaded }: { onUploaded: (resume: Resume) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [share, setShare] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const stop = useRef<AbortController | null>(null);
  const send = async (file: File | undefined) => {
    if (!file || share !== null) return;
    setError(null);
    if (file.size > MOST_BYTES) return setError(fromBody(413, { reason: "RESUME_TOO_LARGE" }));
    setShare(0);
    stop.current = new AbortController();
    try {
      const resume = await uploadResume(file, setShare, stop.current.signal);
      client.setQueryData(["resume", resume.id], resume);
      await client.invalidateQueries({ queryKey: ["resumes"] });
      onUploaded(resume);
    } catch (failure) {
      if (!stop.current.signal.aborted) setError(failure);
    } finally {
      setShare(null);
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void send(event.dataTransfer.files[0]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the button does the same
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={cx(
        "flex flex-col items-center gap-3 rounded-card border-2 border-dashed p-8 text-center",
        over ? "border-accent bg-accent-soft" : "border-line-strong",
      )}
    >
      <FileUp aria-hidden size={32} className="text-accent" />
      <p className="font-medium">{t("candidate.resume.drop")}</p>
      <p className="text-sm text-muted">{t("candidate.resume.kinds")}</p>
      <input
        ref={input}
        type="file"
        accept=".pdf,.docx,.txt"
        aria-label={t("candidate.resume.choose")}
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          void send(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      {share === null ? (
        <Button look="primary" onClick={() => input.current?.click()}>
          {t("candidate.resume.choose")}
        </Button>
      ) : (
        <div className="flex w-full max-w-sm flex-col gap-2">
          <Bar share={share} words={t("candidate.resume.uploading", { share: percent(share) })} />
          <Button look="quiet" onClick={() => stop.current?.abort()}>
            {t("candidate.resume.stop")}
          </Button>
        </div>
      )}
      {error !== null && (
        <div className="w-full text-left">
          <ErrorState error={error} />
        </div>
      )}
    </div>
  );
}

const steps = ["uploaded", "parsed", "chunked", "ready"] as const;

function OneResume({ id }: { id: string }) {
  const { t } = useTranslation();
  const job = useSearchParams()[0].get("job");
  const query = useQuery({
    queryKey: ["resume", id],
    queryFn: () => read(api.GET("/api/v1/resumes/{resume_id}", { params: { path: { resume_id: id } } })),
    refetchInterval: ({ state }) =>
      state.data && ["ready", "failed"].includes(state.data.status) ? false : WATCH_MS,
  });
  return (
    <Loaded query={query} words={t("candidate.resume.loading")}>
      {(resume) => (
        <Card
          title={resume.file_name}
          aside={<span className="text-sm text-muted">{bytes(resume.size_bytes)}</span>}
        >
          <Progress resume={resume} />
          {resume.status === "failed" && <ErrorState error={failureOf(resume)} />}
          {resume.warnings.map((warning) => (
            <Note key={warning} tone="warn">
              {t(`candidate.resume.warning.${known(warning)}`)}
            </Note>
          ))}
          {resume.sections.length > 0 && <Understood key={resume.status} resume={resume} />}
          {resume.status === "ready" && (
            <LinkButton
              look="primary"
              to={`/interviews/new?${new URLSearchParams({ resume: resume.id, ...(job && { job }) })}`}
              className="self-start"
            >
              {t("candidate.resume.next")}
            </LinkButton>
          )}
        </Card>
      )}
    </Loaded>
  );
}

function failureOf(resume: Resume): ApiError {
  return fromBody(400, { reason: resume.failure_reason });
}

const warnings = ["RESUME_HIDDEN_TEXT", "RESUME_PAGES_CUT", "RESUME_TEXT_CUT", "RESUME_LOST_GLYPHS"] as const;

function known(warning: string): (typeof warnings)[number] | "other" {
  return warnings.find((each) => warning.startsWith(each)) ?? "other";
}

function Progress({ resume }: { resume: Resume }) {
  const { t } = useTranslation();
  // A status names the step that is done; the next one is under way.
  const done = steps.indexOf(resume.status as (typeof steps)[number]);
  const stateOf = (at: number): StepState => {
    if (resume.status === "failed") return at === 0 ? "done" : at === 1 ? "failed" : "next";
    return at <= done ? "done" : at === done + 1 ? "now" : "next";
  };
  return (
    <div role="status">
      <Steps
        label={t("candidate.resume.progress")}
        steps={steps.map((step, at) => ({
          name: t(`candidate.resume.step.${step}`),
          state: stateOf(at),
          words: t(`candidate.resume.stepState.${stateOf(at)}`),
        }))}
      />
    </div>
  );
}
