import { lazy } from "react";
import { Navigate, Route, Routes } from "react-router";
import { Area } from "@/shell/area";
import { NotFound } from "@/shell/broken";
import { operationPlaces } from "./places";

const Audit = lazy(() => import("./audit"));
const CallScreen = lazy(() => import("./call"));
const Calls = lazy(() => import("./calls"));
const Mesh = lazy(() => import("./mesh"));
const Retention = lazy(() => import("./retention"));
const Tokens = lazy(() => import("./tokens"));
const Turns = lazy(() => import("./turns"));
const Users = lazy(() => import("./users"));
const Work = lazy(() => import("./work"));

/** The admin's screens, one route each. */
export function Component() {
  return (
    <Routes>
      <Route element={<Area label="admin.nav.label" places={operationPlaces} />}>
        <Route index element={<Navigate to="mesh" replace />} />
        <Route path="mesh" element={<Mesh />} />
        <Route path="turns" element={<Turns />} />
        <Route path="calls" element={<Calls />} />
        <Route path="calls/:id" element={<CallScreen />} />
        <Route path="work" element={<Work />} />
        <Route path="users" element={<Users />} />
        <Route path="tokens" element={<Tokens />} />
        <Route path="audit" element={<Audit />} />
        <Route path="retention" element={<Retention />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  );
}
