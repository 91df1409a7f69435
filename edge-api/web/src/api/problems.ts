import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];
export type Violation = components["schemas"]["Violation"];

/** A refusal of the edge, or one of the page's own: OFFLINE, TIMEOUT, SESSION_ENDED. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.reason);
    this.name = "ApiError";
  }
}

function made(status: number, reason: string): Problem {
  return {
    type: "about:blank",
    title: "",
    status,
    reason,
    detail: "",
    remedy: "",
    retry_after_s: null,
    violations: [],
    incident: "",
  };
}

export function offline(): ApiError {
  return new ApiError(made(0, "OFFLINE"));
}

/** What `fetch` throws when nobody answered: its signal's timeout, or the network's refusal. */
export function unanswered(error: unknown): ApiError {
  const timeout =
    typeof error === "object" && error !== null && "name" in error && error.name === "TimeoutError";
  return timeout ? timedOut() : offline();
}

export function timedOut(): ApiError {
  return new ApiError(made(0, "TIMEOUT"));
}

export function sessionEnded(): ApiError {
  return new ApiError(made(401, "SESSION_ENDED"));
}

/** What the edge would answer if an invitation were accepted now, as far as the invitation tells; else null. */
export function invitationOver(
  { accepted_at, revoked, expires_at }: components["schemas"]["Invitation"],
  now: number,
): ApiError | null {
  if (accepted_at) return null; // its owner still finds the way in
  if (revoked) return new ApiError(made(409, "INVITATION_REVOKED"));
  const late = expires_at !== null && Date.parse(expires_at) <= now;
  return late ? new ApiError(made(409, "INVITATION_EXPIRED")) : null;
}

/** The problem in a body, or one made from the status where the body is none of ours (a proxy's page). */
export function fromBody(status: number, body: unknown): ApiError {
  const known =
    typeof body === "object" && body !== null && "reason" in body && typeof body.reason === "string";
  return new ApiError(
    known ? { ...made(status, ""), ...(body as Partial<Problem>) } : made(status, `HTTP_${status}`),
  );
}

export function problemOf(error: unknown): Problem {
  return error instanceof ApiError ? error.problem : made(0, "UNEXPECTED");
}

export function hasReason(error: unknown, ...reasons: string[]): boolean {
  return reasons.includes(problemOf(error).reason);
}

/** Whether the same request may succeed when it is sent again: nobody answered, or somebody was busy. */
export function isPassing(error: unknown): boolean {
  const { status } = problemOf(error);
  return status === 0 || status === 429 || status === 502 || status === 503 || status === 504;
}
