import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { keyed, newKey } from "./client";

interface Options<In, Out> {
  /** Queries that the change makes stale. */
  stale?: readonly QueryKey[];
  onDone?: (answer: Out, input: In) => void;
}

/**
 * A change that happens once: sent again with the same input after an unanswered try it carries the same key,
 * so that the server repeats its answer and not the effect.
 */
export function useChange<In, Out>(
  send: (input: In, headers: { "Idempotency-Key": string }) => Promise<Out>,
  { stale = [], onDone }: Options<In, Out> = {},
) {
  const client = useQueryClient();
  const last = useRef({ input: "", key: "" });
  return useMutation({
    mutationFn: (input: In) => {
      const text = JSON.stringify(input) ?? "";
      if (last.current.input !== text || !last.current.key) last.current = { input: text, key: newKey() };
      return send(input, keyed(last.current.key));
    },
    onSuccess: async (answer, input) => {
      last.current = { input: "", key: "" };
      onDone?.(answer, input);
      await Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
}
