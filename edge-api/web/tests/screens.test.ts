import { QueryClient } from "@tanstack/react-query";
import { matchRoutes } from "react-router";
import { describe, expect, it } from "vitest";
import { makeRoutes } from "@/routes";
import { routeOf, screens } from "@/screens";

const addresses = [
  ...Object.keys(screens).map((path) => `/${path.replace(":id", "01a2").replace("*", "jobs/01a2")}`),
  ...[
    "/",
    "/recruiter",
    "/admin",
    "/home/",
    "/homes",
    "/interviews/01a2",
    "/interviews/01a2/room/more",
    "/no",
  ],
];

describe("the screen that is asked for first", () => {
  it.each(addresses)("is that of the router at %s", (address) => {
    const routed = matchRoutes(makeRoutes(new QueryClient()), address)?.at(-1)?.route.path;
    const screen = routed && routed in screens ? routed : undefined;
    expect(routeOf(address)).toBe(screen);
  });
});
