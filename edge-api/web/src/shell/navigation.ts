import type { ParseKeys } from "i18next";
import type { Role } from "@/api/types";
import { adminPlaces } from "@/areas/admin/places";
import { candidatePlaces } from "@/areas/candidate/places";
import { recruiterPlaces } from "@/areas/recruiter/places";

/** One place of the navigation: each area lists its own in `places.ts`. */
export interface Place {
  to: string;
  title: ParseKeys;
  /** Only this very address counts as being there. */
  end?: boolean;
}

export function navigation(role: Role): readonly Place[] {
  if (role === "admin") return [...adminPlaces, ...recruiterPlaces];
  return role === "recruiter" ? recruiterPlaces : candidatePlaces;
}

/** Where a person begins. */
export function homeOf(role: Role): string {
  if (role === "admin") return "/admin";
  return role === "recruiter" ? "/recruiter" : "/home";
}
