import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearchParams } from "react-router";
import { signedIn, type User } from "@/api/login";
import { ME } from "@/api/me";
import type { components } from "@/api/schema";

/** Takes a login's answer and goes to where the person wanted to be; never to another site. */
export function useEnter() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  return async (access: components["schemas"]["Access"], user: User, to?: string) => {
    signedIn(access);
    client.clear();
    client.setQueryData(ME, user);
    await navigate(to ?? inside(search.get("next")), { replace: true });
  };
}

function inside(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}
