/** What admins read, as queries. Knows no screen. */

import { queryOptions } from "@tanstack/react-query";
import { api, read } from "@/api/client";
import { usePages } from "@/api/pages";
import type { components } from "@/api/schema";

export type Schema = components["schemas"];
export type Service = Schema["ServiceStatus"];
export type Capability = Schema["Capability"];
export type Work = Schema["WorkItem"];
export type WorkState = Schema["WorkState"];
export type Call = Schema["LlmCall"];
export type TurnTiming = Schema["TurnTiming"];
export type User = Schema["User"];
export type Role = Schema["Role"];
export type Token = Schema["ServiceToken"];

export const meshQuery = queryOptions({
  queryKey: ["mesh"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/admin/mesh", { signal })).then((answer) => answer.services),
  refetchInterval: 30_000,
});

export function useWork(state: WorkState) {
  return usePages(
    ["work", state],
    (page_token, signal) =>
      read(api.GET("/api/v1/admin/work", { params: { query: { state, page_token } }, signal })).then(
        (answer) => ({
          rows: answer.work,
          next: answer.next_page_token,
        }),
      ),
    { refetchInterval: 15_000 },
  );
}

export function useSetAside() {
  return usePages(["set-aside"], (page_token, signal) =>
    read(api.GET("/api/v1/admin/set-aside-messages", { params: { query: { page_token } }, signal })).then(
      (answer) => ({
        rows: answer.messages,
        next: answer.next_page_token,
      }),
    ),
  );
}

export function useTurnTimings(interview_id: string) {
  return usePages(["turn-timings", interview_id], (page_token, signal) => {
    const query = { page_token, page_size: 30, ...(interview_id && { interview_id }) };
    return read(api.GET("/api/v1/admin/turn-timings", { params: { query }, signal })).then((answer) => ({
      rows: answer.timings,
      next: answer.next_page_token,
    }));
  });
}

export function useCalls(interview_id: string) {
  return usePages(["llm-calls", interview_id], (page_token, signal) => {
    const query = { page_token, ...(interview_id && { interview_id }) };
    return read(api.GET("/api/v1/admin/llm-calls", { params: { query }, signal })).then((answer) => ({
      rows: answer.calls,
      next: answer.next_page_token,
    }));
  });
}

export const callQuery = (call_id: string) =>
  queryOptions({
    queryKey: ["llm-call", call_id],
    queryFn: ({ signal }) =>
      read(api.GET("/api/v1/admin/llm-calls/{call_id}", { params: { path: { call_id } }, signal })),
  });

export function useUsers(role: Role | "") {
  return usePages(["users", role], (page_token, signal) => {
    const query = { page_token, ...(role && { role }) };
    return read(api.GET("/api/v1/admin/users", { params: { query }, signal })).then((answer) => ({
      rows: answer.users,
      next: answer.next_page_token,
    }));
  });
}

export function useTokens() {
  return usePages(["service-tokens"], (page_token, signal) =>
    read(api.GET("/api/v1/admin/service-tokens", { params: { query: { page_token } }, signal })).then(
      (answer) => ({
        rows: answer.service_tokens,
        next: answer.next_page_token,
      }),
    ),
  );
}

export function useAudit(actor: string, subject: string) {
  return usePages(["audit", actor, subject], (page_token, signal) =>
    read(api.GET("/api/v1/admin/audit", { params: { query: { page_token, actor, subject } }, signal })).then(
      (answer) => ({
        rows: answer.entries,
        next: answer.next_page_token,
      }),
    ),
  );
}
