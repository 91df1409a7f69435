/** One talent profile: values, and weights with what they do to the overall score. */

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { percent } from "@/i18n/format";
import { Back, Button, Card, ErrorState, Form, Loaded, Note, Page, Select, TextArea, TextField } from "@/ui";
import { ForCompany } from "./company";
import {
  type Company,
  type Profile,
  profilesQuery,
  type Scenario,
  scenarioQuery,
  scenariosQuery,
} from "./data";
import { dimensionsOf } from "./scenario-source";
import { type Dimension, type Share, shares } from "./shares";

const [VALUES_LIMIT, VALUE_LENGTH, NAME_LIMIT] = [12, 80, 80];
const HIGHEST = 10;
// What a profile calls the voice among its dimensions; it is none of a scenario's own.
const DELIVERY = "delivery";

const WEIGHT_INPUT = { type: "number", min: 0, max: HIGHEST, step: 0.5, inputMode: "decimal" } as const;

function weightIn(text: string): number {
  return Math.min(HIGHEST, Math.max(0, Number(text) || 0));
}

export default function ProfileScreen() {
  const { t } = useTranslation();
  const { id = "new" } = useParams();
  return (
    <Page title={t(id === "new" ? "recruiter.profiles.newTitle" : "recruiter.profiles.editTitle")}>
      <Back to="/recruiter/profiles">{t("recruiter.profiles.back")}</Back>
      <ForCompany>{(company) => <Found company={company} id={id} />}</ForCompany>
    </Page>
  );
}

function Found({ company, id }: { company: Company; id: string }) {
  const { t } = useTranslation();
  const profiles = useQuery(profilesQuery(company.id));
  return (
    <Loaded query={profiles} words={t("recruiter.profiles.loading")}>
      {(found) => <ProfileForm key={id} company={company} profile={found.find((each) => each.id === id)} />}
    </Loaded>
  );
}

type Body = Pick<Profile, "name" | "values" | "weights">;

function useSaveProfile(company_id: string, talent_profile_id: string | undefined) {
  const navigate = useNavigate();
  return useChange(
    (body: Body, header) =>
      talent_profile_id
        ? read(
            api.PUT("/api/v1/companies/{company_id}/talent-profiles/{talent_profile_id}", {
              params: { path: { company_id, talent_profile_id }, header },
              body,
            }),
          )
        : read(
            api.POST("/api/v1/companies/{company_id}/talent-profiles", {
              params: { path: { company_id }, header },
              body,
            }),
          ),
    {
      stale: [["profiles", company_id]],
      onDone: (saved) => !talent_profile_id && navigate(`/recruiter/profiles/${saved.id}`, { replace: true }),
    },
  );
}

function ProfileForm({ company, profile }: { company: Company; profile: Profile | undefined }) {
  const { t } = useTranslation();
  const [name, setName] = useState(profile?.name ?? "");
  const [valueLines, setValueLines] = useState(profile?.values.join("\n") ?? "");
  const [weights, setWeights] = useState<Record<string, number>>(profile?.weights ?? {});
  const [tried, setTried] = useState(false);
  const save = useSaveProfile(company.id, profile?.id);
  const values = valueLines
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const tooMany = values.length > VALUES_LIMIT || values.some((value) => value.length > VALUE_LENGTH);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() && !tooMany) save.mutate({ name: name.trim(), values, weights });
  };
  return (
    <Form error={save.error} onSubmit={submit} className="flex flex-col gap-6">
      <Card>
        <TextField
          name="name"
          label={t("recruiter.profiles.name")}
          maxLength={NAME_LIMIT}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={tried && !name.trim() ? t("recruiter.profiles.nameNeeded") : undefined}
        />
        <TextArea
          name="values"
          label={t("recruiter.profiles.values")}
          hint={t("recruiter.profiles.valuesHint")}
          value={valueLines}
          onChange={(event) => setValueLines(event.target.value)}
          error={tooMany ? t("recruiter.profiles.valuesMany") : undefined}
        />
      </Card>
      <WeightsCard company={company} weights={weights} onChange={setWeights} />
      {save.error && <ErrorState error={save.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" busy={save.isPending && t("common.state.saving")}>
          {t("recruiter.profiles.save")}
        </Button>
        <p role="status" className="text-good">
          {save.isSuccess && t("recruiter.profiles.saved")}
        </p>
      </div>
    </Form>
  );
}

interface WeightsProps {
  company: Company;
  weights: Record<string, number>;
  onChange: (weights: Record<string, number>) => void;
}

function WeightsCard(props: WeightsProps) {
  const { t } = useTranslation();
  const scenarios = useQuery(scenariosQuery(props.company.id));
  const [chosen, setChosen] = useState("");
  return (
    <Card title={t("recruiter.profiles.weights")}>
      <p className="text-muted">{t("recruiter.profiles.weightsHint")}</p>
      <Loaded query={scenarios} words={t("recruiter.scenarios.loading")}>
        {(found) => {
          const scored = found.filter((each) => each.name !== "practice");
          const key = (each: Scenario) => `${each.name}/${each.language}`;
          const scenario = scored.find((each) => key(each) === chosen) ?? preferred(scored);
          if (!scenario) return null;
          return (
            <>
              <Select
                label={t("recruiter.profiles.scenario")}
                hint={t("recruiter.profiles.scenarioHint")}
                value={key(scenario)}
                onChange={(event) => setChosen(event.target.value)}
                options={scored.map((each) => ({
                  value: key(each),
                  label: `${each.title} · ${t(`recruiter.languages.${each.language}`)}`,
                }))}
              />
              <Weights {...props} scenario={scenario} />
            </>
          );
        }}
      </Loaded>
      {props.company.behaviour_policy === "scored" && <Delivery {...props} />}
    </Card>
  );
}

/** The voice is one more score beside those of the answers, so it has a weight and no share of its own. */
function Delivery({ weights, onChange }: WeightsProps) {
  const { t } = useTranslation();
  return (
    <TextField
      {...WEIGHT_INPUT}
      className="max-w-md"
      label={t("recruiter.profiles.delivery")}
      hint={t("recruiter.profiles.deliveryHint")}
      value={weights[DELIVERY] ?? 1}
      onChange={(event) => onChange({ ...weights, [DELIVERY]: weightIn(event.target.value) })}
    />
  );
}

function preferred(scenarios: readonly Scenario[]): Scenario | undefined {
  const page = document.documentElement.lang;
  return scenarios.find((each) => each.name === "standard" && each.language === page) ?? scenarios[0];
}

function Weights({ company, scenario, weights, onChange }: WeightsProps & { scenario: Scenario }) {
  const { t } = useTranslation();
  const source = useQuery({
    ...scenarioQuery(company.id, scenario.name, scenario.language),
    select: ({ source }) => dimensionsOf(source),
  });
  return (
    <Loaded query={source} words={t("recruiter.scenarios.loading")}>
      {(dimensions) => <WeightTable dimensions={dimensions} weights={weights} onChange={onChange} />}
    </Loaded>
  );
}

function WeightTable({
  dimensions,
  weights,
  onChange,
}: Omit<WeightsProps, "company"> & { dimensions: readonly Dimension[] }) {
  const { t } = useTranslation();
  const rows = shares(dimensions, weights);
  return (
    <>
      {rows.every((row) => row.share === 0) && <Note tone="warn">{t("recruiter.profiles.allZero")}</Note>}
      <div className="overflow-x-auto">
        <table className="w-full text-left">
          <caption className="pb-2 text-left text-sm text-muted">
            {t("recruiter.profiles.previewText")}
          </caption>
          <thead>
            <tr className="border-b border-line text-sm text-muted">
              <th scope="col" className="py-2 pr-4 font-medium">
                {t("recruiter.compare.dimension")}
              </th>
              <th scope="col" className="py-2 pr-4 font-medium">
                {t("recruiter.profiles.weights")}
              </th>
              <th scope="col" className="py-2 font-medium">
                {t("recruiter.profiles.preview")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <WeightRow
                key={row.id}
                row={row}
                weight={weights[row.id] ?? 1}
                onChange={(weight) => onChange({ ...weights, [row.id]: weight })}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function WeightRow({
  row,
  weight,
  onChange,
}: {
  row: Share;
  weight: number;
  onChange: (weight: number) => void;
}) {
  const { t } = useTranslation();
  return (
    <tr className="border-b border-line last:border-0">
      <th scope="row" className="py-2 pr-4 font-medium">
        {row.title}
      </th>
      <td className="py-2 pr-4">
        <input
          {...WEIGHT_INPUT}
          aria-label={t("recruiter.profiles.weightOf", { dimension: row.title })}
          value={weight}
          onChange={(event) => onChange(weightIn(event.target.value))}
          className="input w-24"
        />
      </td>
      <td className="w-1/2 py-2">
        <span className="flex items-center gap-3">
          <span className="w-12 shrink-0 text-right font-medium">{percent(row.share)}</span>
          <progress aria-hidden value={row.share} max={Math.max(0.4, row.share)} className="bar min-w-16" />
        </span>
        <span className="text-sm text-muted">
          {t("recruiter.profiles.shareBefore", { share: percent(row.usual) })}
        </span>
      </td>
    </tr>
  );
}
