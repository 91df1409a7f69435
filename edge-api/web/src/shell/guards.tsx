import { useTranslation } from "react-i18next";
import { Navigate, Outlet, useLocation } from "react-router";
import type { User } from "@/api/login";
import { useMe } from "@/api/me";
import { hasReason } from "@/api/problems";
import type { Role } from "@/api/types";
import { ErrorState, LinkButton, Loading, Page } from "@/ui";
import { homeOf } from "./navigation";
import { Shell } from "./shell";

/** Screens of people who are signed in; a stranger signs in first and comes back. */
export function SignedIn({ bare = false }: { bare?: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const here = useLocation();
  if (me.data) return bare ? <Outlet context={me.data} /> : <Shell user={me.data} />;
  if (hasReason(me.error, "SESSION_ENDED")) {
    const next = encodeURIComponent(here.pathname + here.search);
    return <Navigate to={here.pathname === "/" ? "/sign-in" : `/sign-in?next=${next}`} replace />;
  }
  return (
    <main className="mx-auto max-w-md px-4 py-16">
      {me.error ? (
        <ErrorState error={me.error} onRetry={() => void me.refetch()} />
      ) : (
        <Loading words={t("common.state.signingIn")} />
      )}
    </main>
  );
}

/** Screens that anybody may see. */
export function Anybody() {
  const me = useMe();
  return <Shell user={me.data ?? null} />;
}

/** Screens of one role; the server refuses the others anyway, this says so before. */
export function Only({ roles }: { roles: readonly Role[] }) {
  const { t } = useTranslation();
  const user = useUser();
  if (roles.includes(user.role)) return <Outlet />;
  return (
    <Page title={t("common.notAllowed.title")} lead={t("common.notAllowed.text")} width="narrow">
      <LinkButton to={homeOf(user.role)}>{t("common.action.home")}</LinkButton>
    </Page>
  );
}

/** The person who is signed in, in screens that nobody else sees. */
export function useUser(): User {
  const { data } = useMe();
  if (!data) throw new Error("useUser stands in a screen that a stranger sees");
  return data;
}

export function Home() {
  const user = useUser();
  return <Navigate to={homeOf(user.role)} replace />;
}
