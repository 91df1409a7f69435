import { useMutation } from "@tanstack/react-query";
import { LogOut, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, NavLink, Outlet, useNavigation } from "react-router";
import { api, read } from "@/api/client";
import { signedOut, type User } from "@/api/login";
import { cx, IconButton, useToast } from "@/ui";
import { navigation } from "./navigation";
import { LanguageSwitch, ThemeSwitch } from "./switches";

/** The frame of every screen but the interview room; `user` is null for a stranger. */
export function Shell({ user }: { user: User | null }) {
  return (
    <div className="flex min-h-dvh flex-col">
      <SkipLink />
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex w-full max-w-6xl flex-wrap items-center gap-x-4 px-4">
          <Brand />
          {user && <Navigation user={user} />}
          <div className="ml-auto flex items-center">
            <LanguageSwitch />
            <ThemeSwitch />
            {user && <Account user={user} />}
          </div>
        </div>
      </header>
      <Opening />
      <main id="main" tabIndex={-1} className="w-full flex-1 px-4 py-8 sm:py-10">
        <Outlet />
      </main>
    </div>
  );
}

function SkipLink() {
  const { t } = useTranslation();
  return (
    <a
      href="#main"
      className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
    >
      {t("common.shell.skip")}
    </a>
  );
}

function Brand() {
  const { t } = useTranslation();
  return (
    <Link
      to="/"
      className="flex min-h-14 items-center gap-2 text-lg font-bold tracking-tight text-accent no-underline"
    >
      {t("common.product")}
    </Link>
  );
}

function Navigation({ user }: { user: User }) {
  const { t } = useTranslation();
  const places = navigation(user.role);
  if (places.length < 2) return null;
  return (
    <nav
      aria-label={t("common.shell.navigation")}
      className="order-last -mx-3 w-full overflow-x-auto sm:order-none sm:mx-0 sm:w-auto"
    >
      <ul className="flex gap-1">
        {places.map((place) => (
          <li key={place.to}>
            <NavLink
              to={place.to}
              end={place.end ?? false}
              className={({ isActive }) =>
                cx(
                  "inline-flex min-h-11 items-center rounded-lg px-3 whitespace-nowrap no-underline transition-colors hover:bg-sunken",
                  isActive ? "font-medium text-accent" : "text-muted",
                )
              }
            >
              {t(place.title)}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Account({ user }: { user: User }) {
  const { t } = useTranslation();
  const say = useToast();
  const logOut = useMutation({
    mutationFn: () => read(api.POST("/api/v1/auth/logout", { body: { everywhere: false } })),
    onSuccess: signedOut,
    onError: () => say(t("common.shell.logOutFailed")),
  });
  return (
    <>
      <Link
        to="/account"
        title={user.email}
        className="inline-flex size-11 items-center justify-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
        aria-label={t("common.shell.account", { name: user.display_name || user.email })}
      >
        <UserRound aria-hidden size={20} />
      </Link>
      <IconButton
        label={t("common.shell.logOut")}
        onClick={() => logOut.mutate()}
        disabled={logOut.isPending}
      >
        <LogOut aria-hidden size={20} />
      </IconButton>
    </>
  );
}

/** The next screen is on its way. */
function Opening() {
  const { t } = useTranslation();
  const { state } = useNavigation();
  return (
    <p role="status" className={cx("bg-accent-soft text-center text-sm", state === "idle" && "sr-only")}>
      {state === "idle" ? "" : t("common.state.opening")}
    </p>
  );
}
