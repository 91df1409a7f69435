import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, keyed, newKey, read } from "@/api/client";
import { ME } from "@/api/me";
import { hasReason, isPassing } from "@/api/problems";

/**
 * An answer on its way: kept in this tab until the server has it, and sent again with the same key.
 * A reload, a lost connection, a second press and an ended login change nothing about that.
 */
interface Pending {
  key: string;
  text: string;
  endedBy: "typed" | "button";
}

export type Sending = "no" | "sending" | "waiting";
const WAITS_MS = [500, 1000, 2000, 4000];

function place(turnId: string): string {
  return `viva.answer.${turnId}`;
}

function stored(turnId: string): Pending | null {
  const found = sessionStorage.getItem(place(turnId));
  return found ? (JSON.parse(found) as Pending) : null;
}

export function useOutbox(interviewId: string, turnId: string) {
  const client = useQueryClient();
  const [sending, setSending] = useState<Sending>(stored(turnId) ? "waiting" : "no");
  const [error, setError] = useState<unknown>(null);
  const running = useRef<object | null>(null);
  const wake = useRef<() => void>(() => undefined);

  const deliver = useCallback(async () => {
    const mine = {};
    running.current = mine;
    for (let tries = 0; running.current === mine; tries += 1) {
      const pending = stored(turnId);
      if (!pending) break;
      setSending(tries ? "waiting" : "sending");
      const failure = await sent(interviewId, turnId, pending);
      if (!failure || !isPassing(failure)) {
        const loggedOut = hasReason(failure, "SESSION_ENDED");
        if (!loggedOut) sessionStorage.removeItem(place(turnId));
        else await client.invalidateQueries({ queryKey: ME });
        const late = hasReason(failure, "TURN_NOT_OPEN", "INTERVIEW_OVER");
        setError(late ? null : failure);
        if (failure) setSending("no");
        break;
      }
      setSending("waiting");
      await pause(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)] ?? 4000, wake);
    }
    if (running.current === mine) running.current = null;
  }, [client, interviewId, turnId]);

  useEffect(() => {
    const online = () => wake.current();
    addEventListener("online", online);
    void deliver();
    return () => {
      running.current = null;
      removeEventListener("online", online);
      wake.current();
    };
  }, [deliver]);

  const submit = (text: string, endedBy: Pending["endedBy"] = "typed") => {
    if (running.current || stored(turnId)) return;
    setError(null);
    setSending("sending");
    sessionStorage.setItem(place(turnId), JSON.stringify({ key: newKey(), text, endedBy } satisfies Pending));
    void deliver();
  };
  return { sending, error, submit, pendingText: stored(turnId)?.text || null };
}

export type Outbox = ReturnType<typeof useOutbox>;

/** Sends once; null when the server has the answer. */
async function sent(interviewId: string, turnId: string, { key, text, endedBy }: Pending): Promise<unknown> {
  try {
    await read(
      api.POST("/api/v1/interviews/{interview_id}/turns/{turn_id}/answer", {
        params: { path: { interview_id: interviewId, turn_id: turnId }, header: keyed(key) },
        body: { text, ended_by: endedBy },
      }),
    );
    return null;
  } catch (error) {
    return error;
  }
}

function pause(ms: number, wake: { current: () => void }): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake.current = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
