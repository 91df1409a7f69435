import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { clock } from "@/i18n/format";
import { Card, Note } from "@/ui";
import { Behaviour } from "./behaviour";
import { type Dimension, judged, pieces, type Question } from "./body";
import { usePhrase } from "./phrase";
import { Score } from "./score";

interface Props {
  question: Question;
  dimensions: readonly Dimension[];
  /** What the reader may do about this answer. */
  action?: ReactNode;
}

/** A question with its answer, the evidence marked where it stands, and its scores beside it. */
export function QuestionCard({ question, dimensions, action }: Props) {
  const { t } = useTranslation();
  const title = `${t("common.report.number", { n: question.number })} · ${question.stage_title}`;
  const seconds = question.timings.answer_s;
  return (
    <Card
      id={`question-${question.number}`}
      aria-label={title}
      className="scroll-mt-4"
      title={title}
      aside={
        seconds !== null && (
          <span className="text-sm text-muted">{t("common.report.answered", { time: clock(seconds) })}</span>
        )
      }
    >
      <p className="text-lg font-medium">{question.question}</p>
      <div className="grid gap-x-8 gap-y-4 md:grid-cols-[3fr_2fr]">
        <div className="flex flex-col gap-3">
          <Answer question={question} />
          {question.warnings.map((warning) => (
            <Warning key={warning} warning={warning} />
          ))}
          {action}
        </div>
        <Scores question={question} dimensions={dimensions} />
      </div>
      {question.behaviour && <Behaviour seen={question.behaviour} number={question.number} />}
    </Card>
  );
}

function Warning({ warning }: { warning: string }) {
  const says = usePhrase();
  return <Note tone="warn">{says({ key: `report.warning.${warning}`, params: {} })}</Note>;
}

function Answer({ question }: { question: Question }) {
  const { t } = useTranslation();
  const text = judged(question);
  const quotes = question.scores.flatMap((score) => score.evidence);
  if (!text) return <p className="text-muted">{t("common.report.noAnswer")}</p>;
  return (
    <>
      <blockquote className="border-l-2 border-line pl-4 whitespace-pre-wrap">
        {pieces(text, quotes).map((piece, at) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never move
          piece.quoted ? <mark key={at}>{piece.text}</mark> : <span key={at}>{piece.text}</span>,
        )}
      </blockquote>
      {question.corrected !== null && (
        <details className="text-sm">
          <summary className="cursor-pointer text-accent">{t("common.report.bothTexts")}</summary>
          <p className="mt-2 font-medium">{t("common.report.original")}</p>
          <p className="whitespace-pre-wrap">{question.transcript}</p>
          <p className="mt-2 font-medium">{t("common.report.corrected")}</p>
          <p className="whitespace-pre-wrap">{question.corrected}</p>
        </details>
      )}
    </>
  );
}

function Scores({ question, dimensions }: Props) {
  const { t } = useTranslation();
  const says = usePhrase();
  const title = (id: string) => dimensions.find((each) => each.id === id)?.title ?? id;
  return (
    <ul
      aria-label={t("common.report.scoresCaption", { n: question.number })}
      className="flex flex-col gap-3 border-t border-line pt-4 md:border-0 md:pt-0"
    >
      {question.scores.map((score) => (
        <li key={score.dimension} className="flex flex-col gap-1">
          <p className="flex flex-wrap items-baseline justify-between gap-x-3">
            <span className="font-medium">{title(score.dimension)}</span>
            <Score score={score.score} />
          </p>
          <p className="text-sm text-muted">{says(score.reason)}</p>
        </li>
      ))}
    </ul>
  );
}
