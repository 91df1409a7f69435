import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { api, keyed, newKey, read } from "@/api/client";
import { consentTextsQuery } from "@/api/consents";
import type { Interview } from "@/api/types";
import { language } from "@/i18n";
import { Card, Form, Loaded, Page, Submit } from "@/ui";
import { DeviceCheck } from "./devices/check";
import { decided, hindrance, type Purpose, type Wishes } from "./devices/choices";
import { Consents } from "./devices/consents";
import { invitedQuery, useCapabilities, useChosenResume, useInterview } from "./queries";
import { Accommodations } from "./setup/accommodations";
import type { Choices } from "./setup/choices";
import { What } from "./setup/what";

export function Component() {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const id = search.get("interview") ?? "";
  const existing = useInterview(id);
  const practice = search.get("practice") === "1";
  return (
    <Page
      title={t(practice ? "candidate.setup.practiceTitle" : "candidate.setup.title")}
      lead={t(practice ? "candidate.setup.practiceLead" : "candidate.setup.lead")}
    >
      {id ? (
        <Loaded query={existing} words={t("candidate.setup.loading")}>
          {({ interview }) => <SetUp existing={interview} practice={interview?.practice ?? false} />}
        </Loaded>
      ) : (
        <SetUp existing={null} practice={practice} />
      )}
    </Page>
  );
}

function SetUp({ existing, practice }: { existing: Interview | null; practice: boolean }) {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const [choices, setChoices] = useState<Choices>({
    jobId: existing?.job_id ?? search.get("job") ?? "",
    scenario: "standard",
    language: existing?.language ?? language(),
    resumeId: search.get("resume"),
    extraTime: "1",
    largeText: false,
    typedOnly: existing?.accommodations?.typed_answers ?? false,
    noCamera: existing?.accommodations?.no_camera ?? false,
  });
  const consents = useQuery(consentTextsQuery(choices.language));
  const [agreed, setAgreed] = useState<ReadonlySet<Purpose>>(new Set());
  const { wishes, bank } = useServed(choices);
  const begin = useBegin(existing, choices, practice, decided(consents.data?.texts ?? [], wishes, agreed));
  const captures = (purpose: Purpose) => agreed.has(purpose) && hindrance(purpose, wishes, agreed) === null;
  const allowed = agreed.has("processing");
  const change = (part: Partial<Choices>) => setChoices({ ...choices, ...part });
  return (
    <Form
      error={begin.error}
      className="flex flex-col gap-6"
      onSubmit={(event) => {
        event.preventDefault();
        if (allowed) begin.mutate();
      }}
    >
      {!existing && <What choices={choices} onChange={change} practice={practice} />}
      {!existing && <Accommodations choices={choices} onChange={change} />}
      <Card title={t("candidate.setup.consent.title")}>
        <p className="text-muted">{t("candidate.setup.consent.lead")}</p>
        <Loaded query={consents} words={t("candidate.setup.consent.loading")}>
          {({ texts, retention_days }) => (
            <>
              <Kept jobId={choices.jobId} usual={retention_days} />
              <Consents texts={texts} wishes={wishes} agreed={agreed} onAgree={setAgreed} />
            </>
          )}
        </Loaded>
      </Card>
      <DeviceCheck wish={{ audio: captures("audio"), video: captures("video") }} />
      <div className="flex flex-col items-start gap-2">
        <Submit
          size="large"
          disabled={!allowed || !consents.data}
          busy={begin.isPending ? t("candidate.setup.starting") : null}
        >
          {t(practice ? "candidate.setup.startPractice" : "candidate.setup.start")}
        </Submit>
        {!allowed && <p className="text-sm text-muted">{t("candidate.setup.needsConsent")}</p>}
        {bank && <p className="text-sm text-muted">{t("candidate.setup.bank")}</p>}
      </div>
    </Form>
  );
}

/** What the choices come to on what serves here. */
function useServed({ typedOnly, noCamera }: Choices): { wishes: Wishes; bank: boolean } {
  const parts = useCapabilities().data?.parts ?? [];
  const part = (name: string) => parts.find((each) => each.name === name);
  const serves = (name: string) => ["ready", "degraded"].includes(part(name)?.state ?? "");
  // Without speech recognition a voice could be sent and nobody would hear it.
  const voiceServed = serves("media") && serves("stt");
  return { wishes: { typedOnly, noCamera, voiceServed }, bank: part("question")?.engine === "bank" };
}

/** How long the data of this interview is kept: the company's time, else the usual one. */
function Kept({ jobId, usual }: { jobId: string; usual: number }) {
  const { t } = useTranslation();
  const invited = useQuery({ ...invitedQuery, enabled: jobId !== "" });
  const company = invited.data?.find(({ job }) => job.id === jobId)?.company;
  if (jobId && !company) return null;
  return (
    <p className="text-muted">
      {t("candidate.setup.consent.kept", { days: company?.retention_days ?? usual })}
    </p>
  );
}

/** Creates, records the consent, starts: each step has its key, so that a repeat goes on where it stopped. */
function useBegin(
  existing: Interview | null,
  choices: Choices,
  practice: boolean,
  consents: ReturnType<typeof decided>,
) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const resumeId = useChosenResume(choices.resumeId);
  const keys = useRef({ create: newKey(), consent: newKey(), start: newKey() });
  return useMutation({
    mutationFn: async () => {
      const body = {
        scenario: practice || choices.jobId ? "" : choices.scenario,
        language: choices.language,
        resume_id: resumeId,
        job_id: practice ? "" : choices.jobId,
        practice,
        accommodations: {
          extra_time_factor: Number(choices.extraTime),
          typed_answers: choices.typedOnly,
          no_camera: choices.noCamera,
          large_captions: choices.largeText,
        },
      };
      const { create, consent, start } = keys.current;
      const interview =
        existing ?? (await read(api.POST("/api/v1/interviews", { params: { header: keyed(create) }, body })));
      const path = { interview_id: interview.id };
      await read(
        api.PUT("/api/v1/interviews/{interview_id}/consents", {
          params: { path, header: keyed(consent) },
          body: { choices: consents },
        }),
      );
      await read(
        api.POST("/api/v1/interviews/{interview_id}/start", { params: { path, header: keyed(start) } }),
      );
      return interview.id;
    },
    onSuccess: async (id) => {
      await client.invalidateQueries({ queryKey: ["interviews"] });
      await navigate(`/interviews/${id}/room`, { replace: true });
    },
    // Changed choices make another request: its key must not be the refused one's.
    onError: () => {
      keys.current = { create: newKey(), consent: newKey(), start: newKey() };
    },
  });
}
