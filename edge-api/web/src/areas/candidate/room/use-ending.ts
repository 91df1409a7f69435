import { useEffect, useRef, useState } from "react";
import type { Outbox } from "./outbox";
import type { Media } from "./use-media";

const TOLD_MS = 4000;
const SUBMITTED_MS = 10_000;

/**
 * Ends a spoken answer: media is told, for it may still hold the last words. Where media cannot be told, or
 * says nothing, the answer is submitted from here; both at once make one answer. `key` its place by the turn.
 */
export function useEnding(turnId: string, media: Pick<Media, "tell" | "submitted">, outbox: Outbox) {
  const [told, setTold] = useState(false);
  const submit = useRef(outbox.submit);
  useEffect(() => {
    submit.current = outbox.submit;
  });
  const submitted = media.submitted === turnId;
  useEffect(() => {
    if (!told) return;
    const late = () => {
      setTold(false);
      submit.current("", "button");
    };
    const timer = setTimeout(late, submitted ? SUBMITTED_MS : TOLD_MS);
    return () => clearTimeout(timer);
  }, [told, submitted]);
  const busy = told || outbox.sending !== "no";
  const end = () => {
    if (busy) return;
    if (media.tell({ type: "answer_done", turn_id: turnId })) setTold(true);
    else outbox.submit("", "button");
  };
  return { busy, end };
}
