/** One scenario: read it, duplicate it, change the company's own, with every problem at its line. */

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useBlocker, useNavigate, useParams, useSearchParams } from "react-router";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { Back, Button, Card, Confirm, Dialog, ErrorState, Loaded, Note, Page, TextField } from "@/ui";
import { ForCompany } from "./company";
import { type Company, type Language, type Scenario, type Schema, scenarioQuery } from "./data";
import { Editor, type EditorHandle } from "./editor";
import { renamed } from "./scenario-source";

type Problem = Schema["ScenarioProblem"];
const LONGEST_BYTES = 256 * 1024;
const NAME = /^[a-z][a-z0-9_]{0,63}$/;

export default function ScenarioScreen() {
  const { t } = useTranslation();
  const { name = "", language = "ko" } = useParams();
  return (
    <Page width="wide" title={t("recruiter.scenarios.one", { name })}>
      <Back to="/recruiter/scenarios">{t("recruiter.scenarios.back")}</Back>
      <ForCompany>
        {(company) => (
          <Found
            key={`${name}/${language}`}
            company={company}
            name={name}
            language={language === "en" ? "en" : "ko"}
          />
        )}
      </ForCompany>
    </Page>
  );
}

function Found({ company, name, language }: { company: Company; name: string; language: Language }) {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const copyAs = params.get("as");
  const scenario = useQuery(scenarioQuery(company.id, name, language));
  return (
    <Loaded query={scenario} words={t("recruiter.scenarios.loading")}>
      {(found) =>
        found.company_id || copyAs ? (
          <Editing
            key={copyAs ?? ""}
            company={company}
            scenario={found}
            begin={copyAs ? renamed(found.source, copyAs) : found.source}
          />
        ) : (
          <Reading scenario={found} />
        )
      }
    </Loaded>
  );
}

function Reading({ scenario }: { scenario: Scenario }) {
  const { t } = useTranslation();
  return (
    <Card title={scenario.title} aside={<Duplicate scenario={scenario} />}>
      <p className="text-muted">{t("recruiter.scenarios.readOnly")}</p>
      <Editor label={t("recruiter.scenarios.source")} value={scenario.source} problems={[]} />
    </Card>
  );
}

function Duplicate({ scenario }: { scenario: Scenario }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(`${scenario.name}_copy`);
  const [tried, setTried] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!NAME.test(name)) return;
    setOpen(false);
    navigate(`/recruiter/scenarios/${scenario.name}/${scenario.language}?as=${name}`);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("recruiter.scenarios.duplicate")}</Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("recruiter.scenarios.duplicateTitle")}>
        <form onSubmit={submit} noValidate className="flex flex-col gap-4">
          <p>{t("recruiter.scenarios.duplicateText")}</p>
          <TextField
            label={t("recruiter.scenarios.copyName")}
            value={name}
            spellCheck={false}
            autoCapitalize="none"
            onChange={(event) => setName(event.target.value)}
            error={tried && !NAME.test(name) ? t("recruiter.scenarios.copyNameWrong") : undefined}
          />
          <Button type="submit" look="primary" className="self-end">
            {t("recruiter.scenarios.copyStart")}
          </Button>
        </form>
      </Dialog>
    </>
  );
}

function useValidation() {
  return useChange((source: string) => read(api.POST("/api/v1/scenario-validations", { body: { source } })));
}

function useSave(company_id: string, onDone: (saved: Scenario) => void) {
  return useChange(
    (source: string, header) =>
      read(
        api.PUT("/api/v1/companies/{company_id}/scenarios", {
          params: { path: { company_id }, header },
          body: { source },
        }),
      ),
    {
      stale: [
        ["scenarios", company_id],
        ["scenario", company_id],
      ],
      onDone,
    },
  );
}

function Editing({ company, scenario, begin }: { company: Company; scenario: Scenario; begin: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [source, setSource] = useState(begin);
  const [kept, setKept] = useState(begin);
  const [checked, setChecked] = useState("");
  const editor = useRef<EditorHandle>(null);
  const validation = useValidation();
  const save = useSave(company.id, (saved) => {
    setKept(source);
    navigate(`/recruiter/scenarios/${saved.name}/${saved.language}`, { replace: true });
  });
  const check = async () => {
    setChecked(source);
    return (await validation.mutateAsync(source)).problems;
  };
  /** Checks first, so that a broken scenario is shown with its lines rather than refused. */
  const submit = async () => {
    const problems = await check().catch(() => null);
    if (problems?.length === 0) save.mutate(source);
  };
  const problems = validation.data?.problems;
  const tooLong = new Blob([source]).size > LONGEST_BYTES;
  return (
    <>
      <Card title={scenario.title}>
        <Editor
          ref={editor}
          label={t("recruiter.scenarios.source")}
          hint={t("recruiter.scenarios.editorHint")}
          value={source}
          onChange={setSource}
          problems={checked === source ? (problems ?? []) : []}
        />
        {tooLong && <Note tone="bad">{t("recruiter.scenarios.tooLong")}</Note>}
        <div className="flex flex-wrap items-center gap-3">
          <Button
            disabled={tooLong}
            onClick={() => void check().catch(() => null)}
            busy={validation.isPending && t("common.state.working")}
          >
            {t("recruiter.scenarios.check")}
          </Button>
          <Button
            look="primary"
            disabled={tooLong}
            onClick={() => void submit()}
            busy={save.isPending && t("common.state.saving")}
          >
            {t("recruiter.scenarios.save")}
          </Button>
          <p role="status" className="text-good">
            {save.data &&
              kept === source &&
              t("recruiter.scenarios.saved", { version: save.data.version.slice(0, 8) })}
          </p>
        </div>
        {(validation.error ?? save.error) && <ErrorState error={validation.error ?? save.error} />}
      </Card>
      {problems && (
        <Problems
          problems={problems}
          stale={checked !== source}
          onGo={(line, column) => editor.current?.go(line, column)}
        />
      )}
      <Unsaved when={source !== kept} />
    </>
  );
}

interface ProblemsProps {
  problems: readonly Problem[];
  /** The text has changed since. */
  stale: boolean;
  onGo: (line: number, column: number) => void;
}

function Problems({ problems, stale, onGo }: ProblemsProps) {
  const { t } = useTranslation();
  const said =
    problems.length === 0
      ? t("recruiter.scenarios.valid")
      : t("recruiter.scenarios.invalid", { n: problems.length });
  return (
    <Card title={t("recruiter.scenarios.problems")}>
      <p role="status" className={problems.length === 0 ? "text-good" : "font-medium text-bad"}>
        {stale ? t("recruiter.scenarios.changed") : said}
      </p>
      {problems.length > 0 && (
        <ol className="flex flex-col divide-y divide-line">
          {problems.map((problem) => (
            <li
              key={`${problem.line}:${problem.column}:${problem.path}:${problem.reason}`}
              className="flex flex-col items-start gap-1 py-3"
            >
              <button
                type="button"
                className="min-h-8 font-medium text-accent underline"
                onClick={() => onGo(problem.line, problem.column)}
              >
                {t("recruiter.scenarios.problemAt", { line: problem.line, column: problem.column })}
              </button>
              <p lang="en">
                {problem.path && <code>{problem.path}</code>} {problem.reason}
              </p>
              {problem.remedy && (
                <p lang="en" className="text-muted">
                  {problem.remedy}
                </p>
              )}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** Asks before unsaved text is left, inside the page and out of it. */
function Unsaved({ when }: { when: boolean }) {
  const { t } = useTranslation();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => when && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!when) return;
    const stop = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", stop);
    return () => removeEventListener("beforeunload", stop);
  }, [when]);
  return (
    <Confirm
      open={blocker.state === "blocked"}
      onClose={() => blocker.reset?.()}
      onConfirm={() => blocker.proceed?.()}
      title={t("recruiter.scenarios.leave")}
      action={t("recruiter.scenarios.leaveAction")}
    >
      <p>{t("recruiter.scenarios.leaveText")}</p>
    </Confirm>
  );
}
