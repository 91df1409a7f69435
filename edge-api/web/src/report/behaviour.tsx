/** How an answer was said: drawn over its length, and the same in a table. */

import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { clock, number, percent } from "@/i18n/format";
import type { Behaviour as Observed, ReportBody, Timeline } from "./body";
import { usePhrase } from "./phrase";

const WIDTH = 640;
const GAZE = 34;
const VOICE = 12;
/** Syllables a second that fill a bar. */
const TOP_PACE = 10;

export function Behaviour({ seen, number: n }: { seen: Observed; number: number }) {
  const { t } = useTranslation();
  const says = usePhrase();
  const title = t("common.report.behaviour.caption", { n });
  return (
    <section aria-label={title} className="flex flex-col gap-3 border-t border-line pt-4">
      <Strip timeline={seen.timeline} />
      <table className="w-full text-left text-sm">
        <caption className="pb-1 text-left text-muted">
          {t("common.report.behaviour.title", { time: clock(seen.timeline.length_s) })}
        </caption>
        <tbody>
          {useFigures(seen).map(([name, value]) => (
            <tr key={name} className="border-b border-line last:border-0">
              <th scope="row" className="py-1 pr-3 font-medium">
                {name}
              </th>
              <td className="py-1">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {seen.notes.map((note) => (
        <p key={note.key} className="text-sm">
          {says(note)}
        </p>
      ))}
    </section>
  );
}

/** What the figures are for, above the questions that have some. */
export function BehaviourNotice({ report }: { report: ReportBody }) {
  const { t } = useTranslation();
  if (!report.questions.some((question) => question.behaviour)) return null;
  const delivery = report.delivery;
  return (
    <p className="text-sm text-muted">
      {t("common.report.behaviour.notice")}{" "}
      {delivery
        ? t("common.report.behaviour.counts", {
            score: number(delivery.score, 1),
            weight: number(delivery.weight, 1),
          })
        : t("common.report.behaviour.countsNot")}
    </p>
  );
}

/** Above how much the camera was looked at, below when and how fast was spoken. The table says the same. */
function Strip({ timeline }: { timeline: Timeline }) {
  if (timeline.gaze.length === 0 && timeline.spoken.length === 0) return null;
  const column = WIDTH / Math.max(1, timeline.gaze.length);
  const at = (seconds: number) => (WIDTH * seconds) / timeline.length_s;
  const bottom = GAZE + 6 + VOICE;
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${WIDTH} ${bottom}`}
      preserveAspectRatio="none"
      className="h-14 w-full fill-accent"
    >
      {timeline.gaze.map((gaze, index) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one length never move
          key={index}
          x={index * column}
          y={GAZE * (1 - (gaze ?? 0))}
          width={column - 1}
          height={GAZE * (gaze ?? 0)}
          opacity={0.35}
        />
      ))}
      {timeline.spoken.map(({ start_s, end_s, pace }) => {
        const height = VOICE * Math.min(1, pace / TOP_PACE);
        return (
          <rect
            key={start_s}
            x={at(start_s)}
            y={bottom - height}
            width={at(end_s - start_s)}
            height={height}
          />
        );
      })}
    </svg>
  );
}

type Figure = [name: string, value: string | null];

function useFigures({ voice, face }: Observed): [string, string][] {
  const { t } = useTranslation();
  const figures = [...(voice ? ofVoice(voice, t) : []), ...(face ? ofFace(face, t) : [])];
  return figures.filter((figure): figure is [string, string] => figure[1] !== null);
}

function ofVoice(voice: NonNullable<Observed["voice"]>, t: TFunction): Figure[] {
  const pauses = { pauses: number(voice.pauses), seconds: number(voice.pause_s, 1) };
  const confidence = {
    share: percent(voice.confidence),
    level: percent(voice.level_share),
    pace: percent(voice.pace_share),
  };
  return [
    [
      t("common.report.behaviour.pace"),
      t("common.report.behaviour.paceValue", { pace: number(voice.pace, 1) }),
    ],
    [t("common.report.behaviour.pauses"), t("common.report.behaviour.pausesValue", pauses)],
    [t("common.report.behaviour.ratio"), percent(voice.speaking_ratio)],
    [t("common.report.behaviour.fillers"), number(voice.fillers)],
    [
      t("common.report.behaviour.loudness"),
      t("common.report.behaviour.loudnessValue", { level: number(voice.loudness_dbfs) }),
    ],
    [t("common.report.behaviour.confidence"), t("common.report.behaviour.confidenceValue", confidence)],
  ];
}

function ofFace(face: NonNullable<Observed["face"]>, t: TFunction): Figure[] {
  const known = <Value,>(value: Value | null | "", say: (value: Value) => string) =>
    value === null || value === "" ? null : say(value);
  const seen = { share: percent(face.face_share), certainty: percent(face.certainty) };
  return [
    [t("common.report.behaviour.face"), t("common.report.behaviour.faceValue", seen)],
    [t("common.report.behaviour.gaze"), known(face.gaze, percent) ?? t("common.report.behaviour.unseen")],
    [
      t("common.report.behaviour.head"),
      known(face.head_deg, (degrees) => t("common.report.behaviour.headValue", { degrees: number(degrees) })),
    ],
    [
      t("common.report.behaviour.blinks"),
      known(face.blinks_per_min, (blinks) =>
        t("common.report.behaviour.blinksValue", { blinks: number(blinks) }),
      ),
    ],
    [t("common.report.behaviour.smile"), known(face.smile, percent)],
    [
      t("common.report.behaviour.expression"),
      known(face.expression, (shown) => t(`common.report.behaviour.expressions.${shown}`)),
    ],
  ];
}
