import type { QueryClient } from "@tanstack/react-query";
import { createBrowserRouter, Outlet, type RouteObject } from "react-router";
import { Broken, NotFound } from "@/shell/broken";
import { Anybody, Home, Only, SignedIn } from "@/shell/guards";
import { load, type ScreenPath } from "./screens";

const Nothing = () => null;

/** The page's routes: who sees which screen. */
export function makeRoutes(queries: QueryClient): RouteObject[] {
  const screen = (path: ScreenPath): RouteObject => ({
    path,
    lazy: async () => {
      const { Component, ahead } = await load(path);
      const loader: RouteObject["loader"] = ({ params }) => {
        ahead?.(queries, params);
        return null;
      };
      return { Component, loader };
    },
  });
  const entry = [screen("sign-in"), screen("register"), screen("invitation")];
  const candidate = [
    screen("home"),
    screen("resume"),
    screen("interviews/new"),
    screen("interviews/:id/done"),
    screen("interviews/:id/report"),
  ];
  const room = [screen("interviews/:id/room")];
  return [
    {
      Component: Outlet,
      ErrorBoundary: Broken,
      HydrateFallback: Nothing,
      children: [
        { Component: Anybody, children: [...entry, { path: "*", Component: NotFound }] },
        {
          Component: SignedIn,
          children: [
            { index: true, Component: Home },
            screen("account"),
            { element: <Only roles={["candidate"]} />, children: candidate },
            { element: <Only roles={["recruiter", "admin"]} />, children: [screen("recruiter/*")] },
            { element: <Only roles={["admin"]} />, children: [screen("admin/*")] },
          ],
        },
        {
          element: <SignedIn bare />,
          children: [{ element: <Only roles={["candidate"]} />, children: room }],
        },
      ],
    },
  ];
}

export function makeRouter(queries: QueryClient) {
  return createBrowserRouter(makeRoutes(queries));
}
