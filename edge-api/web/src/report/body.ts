/** The report as the session writes it (schema viva.report/1). */

export interface Phrase {
  key: string;
  params: Record<string, string>;
}

export interface Evidence {
  /** Offsets in characters, not in UTF-16 units. */
  start: number;
  end: number;
  text: string;
}

export interface Score {
  dimension: string;
  /** Null: not enough evidence. */
  score: number | null;
  evidence: Evidence[];
  reason: Phrase;
}

export interface Timeline {
  length_s: number;
  /** Means of equal parts of the length; null where not exactly one face was seen. */
  gaze: (number | null)[];
  /** Pace in syllables a second. */
  spoken: { start_s: number; end_s: number; pace: number }[];
}

export type Expression = "neutral" | "happy" | "sad" | "surprised" | "angry" | "disgusted" | "afraid";

/** How an answer was said, where the policy lets this reader see it. */
export interface Behaviour {
  voice: {
    seconds: number;
    pace: number;
    loudness_dbfs: number;
    pauses: number;
    pause_s: number;
    fillers: number;
    speaking_ratio: number;
    confidence: number;
    level_share: number;
    pace_share: number;
  } | null;
  face: {
    pictures: number;
    face_share: number;
    certainty: number;
    gaze: number | null;
    blinks_per_min: number | null;
    head_deg: number | null;
    smile: number | null;
    expression: Expression | "";
  } | null;
  timeline: Timeline;
  notes: Phrase[];
}

export interface Question {
  number: number;
  turn_id: string;
  stage_title: string;
  question: string;
  transcript: string;
  corrected: string | null;
  scored_text: "original" | "corrected";
  scores: Score[];
  warnings: string[];
  timings: { asked_s: number | null; answer_s: number | null };
  /** Not there in reports of older servers. */
  behaviour?: Behaviour | null;
}

export interface Dimension {
  id: string;
  title: string;
  score: number | null;
  evidenced: number;
  cells: number;
}

export interface Highlight {
  title: string;
  score: number;
  question: number;
  evidence: Evidence;
}

export interface Versions {
  engine: string;
  model: string;
  prompt: string;
  scenario: string;
}

export interface ReportBody {
  revision: number;
  total: number | null;
  coverage: number;
  summary: Phrase[];
  dimensions: Dimension[];
  strengths: Highlight[];
  improvements: Highlight[];
  questions: Question[];
  versions: Versions[];
  /** The voice, where it counts in the total. */
  delivery?: { score: number; weight: number; answers: number } | null;
}

/** The report in an answer of the API, which names it an object; null when there is none that this page knows. */
export function reportBody(found: Record<string, unknown> | null): ReportBody | null {
  return found?.schema === "viva.report/1" ? (found as unknown as ReportBody) : null;
}

interface Piece {
  text: string;
  quoted: boolean;
}

/** The answer cut into what was quoted as evidence and what was not. Overlapping quotes become one. */
export function pieces(text: string, quotes: readonly Evidence[]): Piece[] {
  const characters = Array.from(text);
  const inside = characters.map((_, at) => quotes.some(({ start, end }) => start <= at && at < end));
  const found: Piece[] = [];
  characters.forEach((character, at) => {
    const last = found.at(-1);
    if (last && last.quoted === inside[at]) last.text += character;
    else found.push({ text: character, quoted: inside[at] ?? false });
  });
  return found;
}

/** The text that evidence refers to. */
export function judged(question: Question): string {
  return question.scored_text === "corrected" && question.corrected
    ? question.corrected
    : question.transcript;
}
