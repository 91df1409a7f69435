import { useEffect, useRef, useState } from "react";
import { api, read } from "@/api/client";
import type { Turn } from "@/api/types";

export type DraftState = "same" | "saving" | "saved" | "unsaved";
const QUIET_MS = 1000;
const RETRY_MS = 3000;

/** Keeps what is typed on the server: it outlives a reload and becomes the answer when time is up. */
export function useDraft(interviewId: string, turn: Turn, first: string) {
  const [text, setText] = useState(first);
  const [state, setState] = useState<DraftState>("same");
  const saved = useRef(turn.draft);
  useEffect(() => {
    if (text === saved.current || turn.status !== "answering") return;
    let gone = false;
    let timer: ReturnType<typeof setTimeout>;
    const save = async () => {
      setState("saving");
      const path = { interview_id: interviewId, turn_id: turn.id };
      const call = api.PUT("/api/v1/interviews/{interview_id}/turns/{turn_id}/draft", {
        params: { path },
        body: { text },
      });
      const done = await read(call).then(
        () => true,
        () => false,
      );
      if (done) saved.current = text;
      if (gone) return;
      setState(done ? "saved" : "unsaved");
      if (!done) timer = setTimeout(() => void save(), RETRY_MS);
    };
    timer = setTimeout(() => void save(), QUIET_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text, interviewId, turn.id, turn.status]);
  return { text, setText, state };
}

export type Draft = ReturnType<typeof useDraft>;
