/** How states are said and shown; the colour only repeats the words. */

import { useTranslation } from "react-i18next";
import { Badge, type Tone } from "@/ui";
import type { Interview } from "./data";

type Decision = NonNullable<Interview["decision"]>;

export const STATUSES: readonly Interview["status"][] = [
  "created",
  "in_progress",
  "paused",
  "completed",
  "ended",
  "withdrawn",
];
export const DECISIONS: readonly Decision[] = ["advance", "hold", "decline"];

const statusTones: Record<Interview["status"], Tone> = {
  created: "neutral",
  in_progress: "accent",
  paused: "warn",
  completed: "good",
  ended: "neutral",
  withdrawn: "neutral",
};
const decisionTones: Record<Decision, Tone> = { advance: "good", hold: "warn", decline: "bad" };

export function StatusBadge({ status }: { status: Interview["status"] }) {
  const { t } = useTranslation();
  return <Badge tone={statusTones[status]}>{t(`recruiter.status.${status}`)}</Badge>;
}

export function DecisionBadge({ decision }: { decision: Interview["decision"] }) {
  const { t } = useTranslation();
  if (!decision) return <span className="text-muted">{t("recruiter.decision.none")}</span>;
  return <Badge tone={decisionTones[decision]}>{t(`recruiter.decision.${decision}`)}</Badge>;
}

/** The address that was invited, or the start of the account's id. */
export function useCandidateName(names: ReadonlyMap<string, string> | undefined) {
  const { t } = useTranslation();
  return (candidate_id: string) =>
    names?.get(candidate_id) ?? t("recruiter.interviews.candidateUnknown", { id: candidate_id.slice(0, 8) });
}
