import { lazy } from "react";
import { Navigate, Route, Routes } from "react-router";
import { Area } from "@/shell/area";
import { NotFound } from "@/shell/broken";
import { hiringPlaces } from "./places";

const Companies = lazy(() => import("./companies"));
const CompanyScreen = lazy(() => import("./company-screen"));
const Compare = lazy(() => import("./compare"));
const Interviews = lazy(() => import("./interviews"));
const Invitations = lazy(() => import("./invitations"));
const JobScreen = lazy(() => import("./job"));
const Jobs = lazy(() => import("./jobs"));
const ProfileScreen = lazy(() => import("./profile"));
const Profiles = lazy(() => import("./profiles"));
const ReportScreen = lazy(() => import("./report"));
const ScenarioScreen = lazy(() => import("./scenario"));
const Scenarios = lazy(() => import("./scenarios"));
const Search = lazy(() => import("./search"));

/** The recruiter's screens, one route each. */
export function Component() {
  return (
    <Routes>
      <Route element={<Area label="recruiter.nav.label" places={hiringPlaces} />}>
        <Route index element={<Navigate to="interviews" replace />} />
        <Route path="interviews" element={<Interviews />} />
        <Route path="interviews/:id" element={<ReportScreen />} />
        <Route path="compare" element={<Compare />} />
        <Route path="jobs" element={<Jobs />} />
        <Route path="jobs/:id" element={<JobScreen />} />
        <Route path="invitations" element={<Invitations />} />
        <Route path="profiles" element={<Profiles />} />
        <Route path="profiles/:id" element={<ProfileScreen />} />
        <Route path="scenarios" element={<Scenarios />} />
        <Route path="scenarios/:name/:language" element={<ScenarioScreen />} />
        <Route path="search" element={<Search />} />
        <Route path="companies" element={<Companies />} />
        <Route path="companies/:id" element={<CompanyScreen />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  );
}
