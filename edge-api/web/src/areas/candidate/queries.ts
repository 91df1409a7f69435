import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { api, read } from "@/api/client";
import type { components } from "@/api/schema";
import type { Language } from "@/i18n";

/** What is asked for ahead of its screen is not asked for again by the screen itself. */
const AHEAD_MS = 2_000;

/** What several of the candidate's screens read. */
const interviewsQuery = queryOptions({
  queryKey: ["interviews"],
  queryFn: async () =>
    (await read(api.GET("/api/v1/interviews", { params: { query: { page_size: 50 } } }))).interviews,
});

const resumesQuery = queryOptions({
  queryKey: ["resumes"],
  queryFn: async () =>
    (await read(api.GET("/api/v1/resumes", { params: { query: { page_size: 20 } } }))).resumes,
  // One that is still being read becomes ready while another screen is open.
  staleTime: ({ state }) => (state.data?.some((each) => each.status !== "ready") ? 0 : AHEAD_MS),
});

export const useInterviews = () => useQuery(interviewsQuery);
export const useResumes = () => useQuery(resumesQuery);

/** The chosen résumé's id, or that of the newest which is ready; empty for none. */
export function useChosenResume(chosen: string | null): string {
  const resumes = useResumes();
  return chosen ?? resumes.data?.find(({ status }) => status === "ready")?.id ?? "";
}

export function useInterview(id: string) {
  return useQuery({
    queryKey: ["interview", id],
    queryFn: () =>
      read(
        api.GET("/api/v1/interviews/{interview_id}", {
          params: { path: { interview_id: id }, query: { include_turns: true } },
        }),
      ),
    enabled: id !== "",
  });
}

/** What the candidate agreed to in one interview, and when it was taken back. */
export const interviewConsentsQuery = (interview_id: string) =>
  queryOptions({
    queryKey: ["consents", interview_id],
    queryFn: () =>
      read(
        api.GET("/api/v1/interviews/{interview_id}/consents", { params: { path: { interview_id } } }),
      ).then(({ consents }) => consents),
  });

/** Asks again until there is a version after `outdated`. */
export function useReport(id: string, outdated = 0) {
  return useQuery({
    queryKey: ["report", id],
    queryFn: () =>
      read(api.GET("/api/v1/interviews/{interview_id}/report", { params: { path: { interview_id: id } } })),
    refetchInterval: ({ state }) => (outdated && (state.data?.version ?? 0) <= outdated ? 2000 : false),
  });
}

export function useCapabilities() {
  return useQuery({
    queryKey: ["capabilities"],
    queryFn: () => read(api.GET("/api/v1/capabilities")),
    staleTime: 60_000,
  });
}

/** An open job that the person accepted an invitation to. */
export interface Offer {
  job: components["schemas"]["Job"];
  company: components["schemas"]["Company"];
}

export const invitedQuery = queryOptions({
  queryKey: ["invited"],
  staleTime: AHEAD_MS, // an invitation is accepted on another screen
  queryFn: async (): Promise<Offer[]> => {
    const { companies } = await read(api.GET("/api/v1/companies", { params: { query: { page_size: 200 } } }));
    const jobs = companies.map(async (company) => {
      const params = { path: { company_id: company.id }, query: { page_size: 200 } };
      const found = await read(api.GET("/api/v1/companies/{company_id}/jobs", { params }));
      return found.jobs.filter((job) => job.open).map((job) => ({ job, company }));
    });
    return (await Promise.all(jobs)).flat();
  },
});

/** The scenarios that ship and are scored, in one language. */
export const scenariosQuery = (language: Language) =>
  queryOptions({
    queryKey: ["scenarios", ""],
    queryFn: async () => (await read(api.GET("/api/v1/scenarios"))).scenarios,
    staleTime: 5 * 60_000,
    select: (found) => found.filter((each) => each.language === language && each.name !== "practice"),
  });

/** All that the candidate's first screen reads. */
export function homeAhead(queries: QueryClient): void {
  void queries.prefetchQuery(interviewsQuery);
  void queries.prefetchQuery(resumesQuery);
  void queries.prefetchQuery(invitedQuery);
}
