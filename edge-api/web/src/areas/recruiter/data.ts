/** What recruiters read and change, as queries and changes. Knows no screen. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, fetchFile, read } from "@/api/client";
import { usePages } from "@/api/pages";
import type { components } from "@/api/schema";

export type Schema = components["schemas"];
export type Interview = Schema["Interview"];
export type Job = Schema["Job"];
export type Company = Schema["Company"];
export type Profile = Schema["TalentProfile"];
export type Scenario = Schema["Scenario"];
export type Invitation = Schema["Invitation"];
export type Language = Schema["Language"];

/** As many as one page of the API holds: choices in lists, where paging would be in the way. */
const MOST = 200;

export interface InterviewFilter {
  status?: Interview["status"];
  job_id?: string;
  candidate_id?: string;
}

export function useInterviews(filter: InterviewFilter) {
  return usePages(["interviews", filter], (page_token, signal) =>
    read(api.GET("/api/v1/interviews", { params: { query: { ...filter, page_token } }, signal })).then(
      (answer) => ({
        rows: answer.interviews,
        next: answer.next_page_token,
      }),
    ),
  );
}

/** An interview with its turns. */
const wholeQuery = (interview_id: string) =>
  queryOptions({
    queryKey: ["interview", interview_id],
    queryFn: ({ signal }) =>
      read(
        api.GET("/api/v1/interviews/{interview_id}", {
          params: { path: { interview_id }, query: { include_turns: true } },
          signal,
        }),
      ),
  });

export const interviewQuery = (interview_id: string) =>
  queryOptions({ ...wholeQuery(interview_id), select: ({ interview }) => interview });

export const turnsQuery = (interview_id: string) =>
  queryOptions({ ...wholeQuery(interview_id), select: ({ turns }) => turns });

/** Asks again while the report is being written. */
export const reportQuery = (interview_id: string, version = 0) =>
  queryOptions({
    queryKey: ["report", interview_id, version],
    queryFn: ({ signal }) =>
      read(
        api.GET("/api/v1/interviews/{interview_id}/report", {
          params: { path: { interview_id }, query: { version } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) => (state.data?.state === "pending" ? 3000 : false),
  });

export const recordingsQuery = (interview_id: string) =>
  queryOptions({
    queryKey: ["recordings", interview_id],
    queryFn: ({ signal }) =>
      read(
        api.GET("/api/v1/interviews/{interview_id}/recordings", {
          params: { path: { interview_id } },
          signal,
        }),
      ).then((answer) => answer.recordings),
  });

const LONGEST_SOUND_MS = 300_000; // an hour of sound is about 60 MB

/** One whole recording, fetched once for all that is heard of it. */
export const soundQuery = (interview_id: string, name: string) =>
  queryOptions({
    queryKey: ["recordings", interview_id, name],
    queryFn: () => fetchFile(`/api/v1/interviews/${interview_id}/recordings/${name}`, LONGEST_SOUND_MS),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export const companiesQuery = queryOptions({
  queryKey: ["companies"],
  queryFn: ({ signal }) =>
    read(api.GET("/api/v1/companies", { params: { query: { page_size: MOST } }, signal })).then(
      (answer) => answer.companies,
    ),
});

export const jobsQuery = (company_id: string) =>
  queryOptions({
    queryKey: ["jobs", company_id],
    queryFn: ({ signal }) =>
      read(
        api.GET("/api/v1/companies/{company_id}/jobs", {
          params: { path: { company_id }, query: { page_size: MOST } },
          signal,
        }),
      ).then((answer) => answer.jobs),
    enabled: company_id !== "",
  });

export const profilesQuery = (company_id: string) =>
  queryOptions({
    queryKey: ["profiles", company_id],
    queryFn: ({ signal }) =>
      read(
        api.GET("/api/v1/companies/{company_id}/talent-profiles", {
          params: { path: { company_id }, query: { page_size: MOST } },
          signal,
        }),
      ).then((answer) => answer.talent_profiles),
    enabled: company_id !== "",
  });

export const scenariosQuery = (company_id: string) =>
  queryOptions({
    queryKey: ["scenarios", company_id],
    queryFn: ({ signal }) =>
      read(api.GET("/api/v1/scenarios", { params: { query: { company_id } }, signal })).then(
        (answer) => answer.scenarios,
      ),
    enabled: company_id !== "",
  });

export const scenarioQuery = (company_id: string, name: string, language: Language) =>
  queryOptions({
    queryKey: ["scenario", company_id, name, language],
    queryFn: ({ signal }) =>
      read(
        api.GET("/api/v1/scenarios/{name}", {
          params: { path: { name }, query: { company_id, language } },
          signal,
        }),
      ),
    enabled: company_id !== "",
    staleTime: Number.POSITIVE_INFINITY, // what is being edited must not be replaced under the hand
  });

export function useInvitations(job_id: string) {
  return usePages(
    ["invitations", job_id],
    (page_token, signal) =>
      read(
        api.GET("/api/v1/jobs/{job_id}/invitations", {
          params: { path: { job_id }, query: { page_token } },
          signal,
        }),
      ).then((answer) => ({ rows: answer.invitations, next: answer.next_page_token })),
    { enabled: job_id !== "" },
  );
}

/** Addresses of candidates by their id, as far as the jobs' invitations tell them. */
export function useCandidateNames(jobs: readonly Job[] | undefined) {
  return useQuery({
    queryKey: ["candidate-names", jobs?.map((job) => job.id)],
    queryFn: async ({ signal }) => {
      const lists = await Promise.all((jobs ?? []).map((job) => acceptedInvitations(job.id, signal)));
      return new Map(lists.flat().map((each) => [each.candidate_id, each.email]));
    },
    enabled: jobs !== undefined,
    staleTime: 60_000,
  });
}

async function acceptedInvitations(job_id: string, signal: AbortSignal): Promise<Invitation[]> {
  const found: Invitation[] = [];
  let page_token = "";
  do {
    const query = { page_size: MOST, page_token };
    const answer = await read(
      api.GET("/api/v1/jobs/{job_id}/invitations", { params: { path: { job_id }, query }, signal }),
    );
    found.push(...answer.invitations.filter((each) => each.candidate_id && each.email));
    page_token = answer.next_page_token;
  } while (page_token);
  return found;
}
