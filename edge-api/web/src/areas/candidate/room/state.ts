import type { components } from "@/api/schema";
import type { Interview, Turn } from "@/api/types";
import type { Told } from "./channel";

/** What the page knows of a running interview: a snapshot, then stored events in order, then passing words. */
type Schemas = components["schemas"];
export type Message =
  | Schemas["SocketSnapshot"]
  | Schemas["SocketEvent"]
  | Schemas["SocketQuestionDelta"]
  | Schemas["SocketCaption"]
  | Schemas["SocketHeartbeat"]
  | Schemas["SocketPong"]
  | Told;

export interface RoomState {
  interview: Interview | null;
  turn: Turn | null;
  /** The question as far as it is known. */
  question: string;
  generation: number;
  /** The last piece of this generation; -1 right after a snapshot. */
  index: number;
  seq: number;
  caption: { committed: string; unstable: string; index: number } | null;
  /** What was said before in this turn, as it was heard, one utterance each. */
  utterances: string[];
  /** The last words could not be kept. */
  lost: boolean;
}

export const unknown: RoomState = {
  interview: null,
  turn: null,
  question: "",
  generation: 0,
  index: -1,
  seq: 0,
  caption: null,
  utterances: [],
  lost: false,
};

export function reduce(state: RoomState, message: Message): RoomState {
  if ("seq" in message) return happened(state, message);
  if (message.type === "snapshot") return begun((message as Schemas["SocketSnapshot"]).interview, state);
  if (message.type === "question.delta") return extended(state, message as Schemas["SocketQuestionDelta"]);
  if (message.type === "caption") return captioned(state, message as Schemas["SocketCaption"]);
  if (message.type === "lost") return isOf(state, message as OfTurn) ? { ...state, lost: true } : state;
  return state;
}

/** The interview as a snapshot tells it; what was heard in its turn before stays. */
export function begun(interview: Interview, before = unknown): RoomState {
  return { ...withTurn({ ...before, interview }, interview.current_turn), seq: interview.last_seq };
}

interface OfTurn {
  turn_id: string;
}

function isOf(state: RoomState, message: OfTurn): boolean {
  return message.turn_id === state.turn?.id;
}

function withTurn(state: RoomState, turn: Turn | null): RoomState {
  const question = turn?.question?.text ?? turn?.partial_question ?? "";
  const { caption, utterances, lost } = turn && turn.id === state.turn?.id ? state : unknown;
  const asked = { turn, question, generation: turn?.generation ?? 0, index: -1 };
  return { ...state, ...asked, caption, utterances, lost };
}

function happened(state: RoomState, event: Schemas["SocketEvent"]): RoomState {
  if (event.seq <= state.seq || !state.interview) return state;
  const status = event.status ?? state.interview.status;
  const next = { ...state, seq: event.seq, interview: { ...state.interview, status, last_seq: event.seq } };
  const { turn } = event;
  // A late word about an earlier turn, such as its evaluation, changes nothing that is shown.
  if (!turn || (state.turn && turn.number < state.turn.number)) return next;
  if (event.type === "evaluation.stored" || event.type === "question.repeated") return next;
  return withTurn(moved(next, turn), kept(state.turn, turn));
}

function moved(state: RoomState, turn: Turn): RoomState {
  const position = state.interview?.stages.findIndex((stage) => stage.id === turn.stage_id) ?? -1;
  if (!state.interview || position < 0) return state;
  return { ...state, interview: { ...state.interview, stage_position: position, current_turn: turn } };
}

/** What was typed stays with the turn: events do not carry it. */
function kept(before: Turn | null, turn: Turn): Turn {
  return before?.id === turn.id && !turn.draft ? { ...turn, draft: before.draft } : turn;
}

function extended(state: RoomState, delta: Schemas["SocketQuestionDelta"]): RoomState {
  if (delta.turn_id !== state.turn?.id || state.turn.question) return state;
  if (delta.generation > state.generation) {
    return { ...state, question: delta.text, generation: delta.generation, index: delta.index };
  }
  if (delta.generation < state.generation || delta.index <= state.index) return state;
  return { ...state, question: state.question + delta.text, index: delta.index };
}

function captioned(state: RoomState, caption: Schemas["SocketCaption"]): RoomState {
  const { caption: before, utterances } = state;
  if (!isOf(state, caption) || (before && caption.index <= before.index)) return state;
  const ended = before && endedBy(before, caption);
  return { ...state, caption, utterances: ended ? [...utterances, ended] : utterances };
}

interface Heard {
  committed: string;
  unstable: string;
}

/**
 * The utterance that a caption puts an end to, or "". Committed words never change within one, so other ones
 * begin the next; an empty caption takes back what was no answer, such as a "hm" while the interviewer spoke.
 */
function endedBy(before: Heard, { committed, unstable }: Heard): string {
  const takenBack = before.unstable !== "" && !committed && !unstable;
  if (!before.committed || committed.startsWith(before.committed) || takenBack) return "";
  return `${before.committed} ${before.unstable}`.trim();
}

export function isOver(interview: Interview): boolean {
  return ["completed", "ended", "withdrawn"].includes(interview.status);
}

export type Presence = "idle" | "listening" | "thinking" | "speaking";

export function presence({ interview, turn, question }: RoomState, connected: boolean): Presence {
  if (!connected || interview?.status !== "in_progress" || !turn) return "idle";
  if (turn.status === "answering") return "listening";
  return turn.status === "asking" && question ? "speaking" : "thinking";
}
