import type { Place } from "@/shell/navigation";

export const candidatePlaces: readonly Place[] = [
  { to: "/home", title: "candidate.nav.home" },
  { to: "/resume", title: "candidate.nav.resume" },
];
