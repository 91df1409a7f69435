import type { ParseKeys } from "i18next";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet } from "react-router";
import { cx, Loading } from "@/ui";
import type { Place } from "./navigation";

/** The frame of an area with many screens: its places at the side, or above where the window is narrow. */
export function Area({ label, places }: { label: ParseKeys; places: readonly Place[] }) {
  const { t } = useTranslation();
  return (
    <div className="mx-auto flex w-full max-w-6xl flex-col gap-6 lg:flex-row lg:gap-10">
      <nav
        aria-label={t(label)}
        className="-mx-4 shrink-0 overflow-x-auto px-4 lg:mx-0 lg:w-36 lg:overflow-visible lg:px-0"
      >
        <ul className="flex gap-1 lg:sticky lg:top-6 lg:flex-col">
          {places.map((place) => (
            <li key={place.to}>
              <NavLink
                to={place.to}
                end={place.end ?? false}
                className={({ isActive }) =>
                  cx(
                    "flex min-h-10 items-center rounded-lg px-3 whitespace-nowrap no-underline transition-colors hover:bg-sunken",
                    isActive ? "bg-accent-soft font-medium text-accent-strong" : "text-muted",
                  )
                }
              >
                {t(place.title)}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <div className="min-w-0 flex-1 *:mx-0">
        <Suspense fallback={<Loading words={t("common.state.opening")} lines={6} />}>
          <Outlet />
        </Suspense>
      </div>
    </div>
  );
}
