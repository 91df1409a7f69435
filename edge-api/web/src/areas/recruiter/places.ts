import type { Place } from "@/shell/navigation";

/** Where the area is reached from the page's frame. */
export const recruiterPlaces: readonly Place[] = [{ to: "/recruiter", title: "recruiter.title" }];

/** The area's own screens. */
export const hiringPlaces: readonly Place[] = [
  { to: "/recruiter/interviews", title: "recruiter.nav.interviews" },
  { to: "/recruiter/jobs", title: "recruiter.nav.jobs" },
  { to: "/recruiter/invitations", title: "recruiter.nav.invitations" },
  { to: "/recruiter/profiles", title: "recruiter.nav.profiles" },
  { to: "/recruiter/scenarios", title: "recruiter.nav.scenarios" },
  { to: "/recruiter/search", title: "recruiter.nav.search" },
  { to: "/recruiter/companies", title: "recruiter.nav.companies" },
];
