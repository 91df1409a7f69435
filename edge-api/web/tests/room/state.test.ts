// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Interview, Turn } from "@/api/types";
import { begun, isOver, type Message, presence, type RoomState, reduce } from "@/areas/candidate/room/state";

const turn: Turn = {
  id: "t1",
  number: 1,
  stage_id: "motivation",
  stage_title: "Motivation",
  status: "asking",
  question: null,
  answer: null,
  answer_due_at: null,
  partial_question: "What made ",
  generation: 1,
  patience_ms: 2000,
  pause_allowed: true,
  segments: 0,
  draft: "",
};
const question = {
  id: "q1",
  text: "What made you choose this work?",
  source: "bank" as const,
  asked_at: null,
};
const interview = {
  id: "i1",
  status: "in_progress",
  stages: [
    { id: "introduction", title: "Introduction" },
    { id: "motivation", title: "Motivation" },
  ],
  stage_position: 0,
  current_turn: turn,
  last_seq: 4,
} as Interview;

function event(
  seq: number,
  type: string,
  of: Turn | null,
  status: Interview["status"] = "in_progress",
): Message {
  return {
    type,
    seq,
    interview_id: "i1",
    occurred_at: "2026-01-01T00:00:00Z",
    turn_id: of?.id ?? "",
    turn: of,
    status,
  };
}
const delta = (generation: number, index: number, text: string): Message => ({
  type: "question.delta",
  turn_id: "t1",
  generation,
  index,
  text,
});
const seen = (...messages: Message[]): RoomState => messages.reduce(reduce, begun(interview));

describe("the interview room's state", () => {
  it("test_f07: a page that reconnects shows the partial question of its snapshot and goes on from it", () => {
    expect(seen(delta(1, 3, "you ")).question).toBe("What made you ");
  });

  it("test_f07: the stored question replaces whatever pieces had come", () => {
    const state = seen(
      delta(1, 0, "lost "),
      event(5, "question.asked", { ...turn, status: "answering", question }),
    );
    expect(state.question).toBe(question.text);
    expect(reduce(state, delta(1, 9, " late")).question).toBe(question.text);
  });

  it("drops pieces that came twice, late or from an earlier attempt", () => {
    const state = seen(delta(1, 0, "you "), delta(1, 0, "you "), delta(2, 0, "Why "), delta(1, 1, "choose "));
    expect(state.question).toBe("Why ");
  });

  it("takes each stored event once, in order", () => {
    const asked = event(5, "question.asked", { ...turn, status: "answering", question });
    const closed = event(6, "answer.accepted", { ...turn, status: "closed", question });
    expect(seen(asked, closed, asked).turn?.status).toBe("closed");
  });

  it("keeps the open turn when an earlier one is evaluated late", () => {
    const next = { ...turn, id: "t2", number: 2 };
    const state = seen(
      event(5, "turn.opened", next),
      event(6, "evaluation.stored", { ...turn, status: "closed" }),
    );
    expect([state.turn?.id, state.seq]).toEqual(["t2", 6]);
  });

  it("moves along the stages with the turn, and keeps what was typed", () => {
    const typed = begun({ ...interview, current_turn: { ...turn, draft: "half an answer" } });
    const state = reduce(typed, event(5, "question.asked", { ...turn, status: "answering", question }));
    expect([state.interview?.stage_position, state.turn?.draft]).toEqual([1, "half an answer"]);
  });

  it("keeps each utterance once the next begins, and drops captions that come late or from two ways", () => {
    const caption = (index: number, committed: string, unstable = "", turn_id = "t1"): Message => ({
      type: "caption",
      ...{ turn_id, index, committed, unstable },
    });
    const first = seen(caption(0, "", "I cut"), caption(1, "I cut", "the"), caption(2, "I cut the costs."));
    const state = [caption(2, "I cut the costs."), caption(1, "I cut", "the"), caption(3, "", "And")].reduce(
      reduce,
      first,
    );
    expect([state.utterances, state.caption]).toMatchObject([["I cut the costs."], { unstable: "And" }]);
    expect(reduce(state, caption(4, "")).utterances).toEqual(["I cut the costs."]);
    expect(reduce(first, caption(4, "")).utterances).toEqual(["I cut the costs."]);
    expect(reduce(state, caption(9, "of another turn", "", "t0"))).toBe(state);
    expect(reduce(state, { type: "snapshot", interview }).utterances).toEqual(["I cut the costs."]);
    expect(reduce(state, event(6, "turn.opened", { ...turn, id: "t2", number: 2 }))).toMatchObject({
      utterances: [],
      caption: null,
    });
  });

  it("says that the last words may be missing, for the turn that lost them", () => {
    expect(seen({ type: "lost", turn_id: "t0" }).lost).toBe(false);
    expect(seen({ type: "lost", turn_id: "t1" }).lost).toBe(true);
  });

  it("says what the interviewer does", () => {
    expect(presence(begun({ ...interview, current_turn: { ...turn, partial_question: "" } }), true)).toBe(
      "thinking",
    );
    expect(presence(begun(interview), true)).toBe("speaking");
    expect(presence(seen(event(5, "question.asked", { ...turn, status: "answering", question })), true)).toBe(
      "listening",
    );
    expect(presence(seen(event(5, "interview.paused", null, "paused")), true)).toBe("idle");
    expect(isOver({ ...interview, status: "withdrawn" })).toBe(true);
  });
});
