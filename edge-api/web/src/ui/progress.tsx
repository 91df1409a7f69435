import { Check, CircleAlert } from "lucide-react";
import { cx } from "./cx";

export type StepState = "done" | "now" | "next" | "failed";

/** Progress as words: each step by name, what is under way, what comes. */
export function Steps({
  steps,
  label,
}: {
  label: string;
  steps: readonly { name: string; state: StepState; words: string }[];
}) {
  return (
    <ol aria-label={label} className="flex flex-wrap gap-x-6 gap-y-2">
      {steps.map((step) => (
        <li
          key={step.name}
          aria-current={step.state === "now" ? "step" : undefined}
          className={cx(
            "flex items-center gap-2",
            step.state === "next" && "text-muted",
            step.state === "now" && "font-medium text-accent",
            step.state === "failed" && "text-bad",
          )}
        >
          <StepMark state={step.state} />
          <span>{step.name}</span>
          <span className="text-sm text-muted">{step.words}</span>
        </li>
      ))}
    </ol>
  );
}

function StepMark({ state }: { state: StepState }) {
  if (state === "done") return <Check aria-hidden size={18} className="text-good" />;
  if (state === "failed") return <CircleAlert aria-hidden size={18} />;
  const look = state === "now" ? "border-accent bg-accent" : "border-line-strong";
  return <span aria-hidden className={cx("m-1 size-2.5 rounded-full border", look)} />;
}

/** A bar with its words; `share` from 0 to 1. */
export function Bar({ share, words }: { share: number; words: string }) {
  return (
    <div className="flex flex-col gap-1">
      <progress value={share} max={1} aria-label={words} className="bar" />
      <p aria-hidden className="text-sm text-muted">
        {words}
      </p>
    </div>
  );
}
