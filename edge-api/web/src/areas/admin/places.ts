import type { Place } from "@/shell/navigation";

/** Where the area is reached from the page's frame. */
export const adminPlaces: readonly Place[] = [{ to: "/admin", title: "admin.title" }];

/** The area's own screens. */
export const operationPlaces: readonly Place[] = [
  { to: "/admin/mesh", title: "admin.nav.mesh" },
  { to: "/admin/turns", title: "admin.nav.turns" },
  { to: "/admin/calls", title: "admin.nav.calls" },
  { to: "/admin/work", title: "admin.nav.work" },
  { to: "/admin/users", title: "admin.nav.users" },
  { to: "/admin/tokens", title: "admin.nav.tokens" },
  { to: "/admin/audit", title: "admin.nav.audit" },
  { to: "/admin/retention", title: "admin.nav.retention" },
];
