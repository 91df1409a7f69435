import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, read } from "./client";
import { onLoginEnded, type User } from "./login";

export const ME = ["me"] as const;

export const meQuery = queryOptions<User>({
  queryKey: ME,
  queryFn: () => read(api.GET("/api/v1/me")),
  staleTime: 5 * 60_000,
});

/** Who is signed in; its error is SESSION_ENDED for a stranger. */
export function useMe() {
  const client = useQueryClient();
  useEffect(
    () =>
      onLoginEnded(() => {
        client.removeQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
        void client.resetQueries({ queryKey: ME });
      }),
    [client],
  );
  return useQuery(meQuery);
}
