import type { QueryClient } from "@tanstack/react-query";
import type { ComponentType } from "react";

interface Screen {
  Component: ComponentType;
  /** Asks for what the screen reads, before it is known who is signed in; the server refuses whom it must. */
  ahead?: (queries: QueryClient, params: Readonly<Record<string, string | undefined>>) => void;
}

/** The screens by their routes, each a file of its own. */
export const screens = {
  "sign-in": () => import("@/areas/entry/sign-in"),
  register: () => import("@/areas/entry/register"),
  invitation: () => import("@/areas/entry/invitation"),
  account: () => import("@/areas/entry/account"),
  home: () => import("@/areas/candidate/home"),
  resume: () => import("@/areas/candidate/resume"),
  "interviews/new": () => import("@/areas/candidate/setup"),
  "interviews/:id/done": () => import("@/areas/candidate/done"),
  "interviews/:id/report": () => import("@/areas/candidate/report"),
  "interviews/:id/room": () => import("@/areas/candidate/room"),
  "recruiter/*": () => import("@/areas/recruiter/area"),
  "admin/*": () => import("@/areas/admin/area"),
} satisfies Record<string, () => Promise<Screen>>;

export type ScreenPath = keyof typeof screens;

const asked = new Map<ScreenPath, Promise<Screen>>();

/** Asked for once; again only after it failed to come. */
export function load(path: ScreenPath): Promise<Screen> {
  const found = asked.get(path) ?? screens[path]();
  asked.set(path, found);
  found.catch(() => asked.delete(path));
  return found;
}

/** The route of an address, without the router: that is still on its way. */
export function routeOf(pathname: string): ScreenPath | undefined {
  const paths = Object.keys(screens) as ScreenPath[];
  return paths.find((path) =>
    new RegExp(`^/${path.replace(/:\w+/g, "[^/]+").replace("/*", "(/.*)?")}/?$`).test(pathname),
  );
}
