import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Interview } from "@/api/types";
import { cx } from "@/ui";

/** One tick for each stage: one stop of the keyboard, arrows go along, the name stands below. */
export function Stages({ interview }: { interview: Interview }) {
  const { t } = useTranslation();
  const { stages, stage_position: now } = interview;
  const [looked, setLooked] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const shown = looked ?? now;
  const go = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = Math.min(stages.length - 1, Math.max(0, shown + step));
    list.current?.querySelectorAll("button")[next]?.focus();
  };
  const state = (at: number) => (at < now ? "done" : at === now ? "now" : "next");
  return (
    <div className="flex flex-col gap-1">
      <ol ref={list} onKeyDown={go} aria-label={t("candidate.room.stages")} className="flex gap-1">
        {stages.map((stage, at) => (
          <li key={stage.id} className="flex-1">
            <button
              type="button"
              tabIndex={at === shown ? 0 : -1}
              aria-current={at === now ? "step" : undefined}
              aria-label={t(`candidate.room.stage.${state(at)}`, {
                number: at + 1,
                all: stages.length,
                title: stage.title,
              })}
              onFocus={() => setLooked(at)}
              onBlur={() => setLooked(null)}
              onMouseEnter={() => setLooked(at)}
              onMouseLeave={() => setLooked(null)}
              className="flex h-6 w-full items-center rounded"
            >
              <span
                className={cx(
                  "h-1.5 w-full rounded-full",
                  at < now && "bg-accent opacity-60",
                  at === now && "bg-accent",
                  at > now && "bg-line",
                )}
              />
            </button>
          </li>
        ))}
      </ol>
      <p aria-hidden className="text-sm text-muted">
        {t("candidate.room.stageShown", {
          number: shown + 1,
          all: stages.length,
          title: stages[shown]?.title ?? "",
        })}
      </p>
    </div>
  );
}
