import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, keyed, read } from "@/api/client";
import type { Resume, ResumeSection } from "@/api/types";
import { Button, ErrorState, Form, Select, TextArea, TextField } from "@/ui";

const kinds = ["summary", "experience", "projects", "education", "skills", "other"] as const;

function kindOf(section: ResumeSection): (typeof kinds)[number] {
  return kinds.find((kind) => kind === section.kind) ?? "other";
}

/** What was understood of a résumé: read first, corrected where it is wrong. */
export function Understood({ resume }: { resume: Resume }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [editing, setEditing] = useState(false);
  const [sections, setSections] = useState(resume.sections);
  const [skills, setSkills] = useState(resume.skills.join(", "));
  const save = useMutation({
    mutationFn: () =>
      read(
        api.PUT("/api/v1/resumes/{resume_id}", {
          params: { path: { resume_id: resume.id }, header: keyed() },
          body: {
            sections,
            skills: skills
              .split(",")
              .map((each) => each.trim())
              .filter(Boolean),
          },
        }),
      ),
    onSuccess: (found) => {
      client.setQueryData(["resume", resume.id], found);
      setEditing(false);
    },
  });
  const change = (at: number, part: Partial<ResumeSection>) =>
    setSections(sections.map((section, each) => (each === at ? { ...section, ...part } : section)));
  if (!editing) return <Read resume={resume} onEdit={() => setEditing(true)} />;
  return (
    <Form
      error={save.error}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextField
        name="skills"
        label={t("candidate.resume.skills")}
        hint={t("candidate.resume.skillsHint")}
        value={skills}
        onChange={(event) => setSkills(event.target.value)}
      />
      {sections.map((section, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: sections keep their places while they are edited
        <fieldset key={at} className="flex flex-col gap-2 border-t border-line pt-4">
          <legend className="sr-only">
            {section.heading || t(`candidate.resume.kind.${kindOf(section)}`)}
          </legend>
          <Select
            name={`sections[${at}].kind`}
            label={t("candidate.resume.sectionKind")}
            value={kindOf(section)}
            options={kinds.map((kind) => ({ value: kind, label: t(`candidate.resume.kind.${kind}`) }))}
            onChange={(event) => change(at, { kind: event.target.value })}
          />
          <TextArea
            name={`sections[${at}].text`}
            label={t("candidate.resume.sectionText")}
            rows={6}
            value={section.text}
            onChange={(event) => change(at, { text: event.target.value })}
          />
        </fieldset>
      ))}
      {save.error && <ErrorState error={save.error} />}
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={save.isPending ? t("candidate.resume.saving") : null}>
          {t("candidate.resume.save")}
        </Button>
        <Button look="quiet" onClick={() => setEditing(false)}>
          {t("common.action.cancel")}
        </Button>
      </div>
    </Form>
  );
}

function Read({ resume, onEdit }: { resume: Resume; onEdit: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3>{t("candidate.resume.understood")}</h3>
        <Button size="small" onClick={onEdit}>
          {t("candidate.resume.edit")}
        </Button>
      </div>
      {resume.skills.length > 0 && (
        <ul aria-label={t("candidate.resume.skills")} className="flex flex-wrap gap-2">
          {resume.skills.map((skill) => (
            <li key={skill} className="rounded-md bg-sunken px-2 py-0.5 text-sm">
              {skill}
            </li>
          ))}
        </ul>
      )}
      {resume.sections.map((section, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: shown as they stand in the résumé
        <section key={at} className="border-t border-line pt-3">
          <h4 className="text-sm text-muted">
            {section.heading || t(`candidate.resume.kind.${kindOf(section)}`)}
          </h4>
          <p className="whitespace-pre-line">{section.text}</p>
        </section>
      ))}
    </div>
  );
}
