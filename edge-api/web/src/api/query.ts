import { QueryClient } from "@tanstack/react-query";
import { isPassing } from "./problems";

/** Passing failures are tried twice more; a refusal is shown at once. Changes repeat only where they say so. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 2 && isPassing(error),
        retryDelay: (failures) => 500 * 2 ** failures,
        staleTime: 10_000,
        // The page's own deadlines end every request, online or not: no query waits without an end.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}
