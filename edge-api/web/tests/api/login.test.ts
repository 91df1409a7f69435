import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { send } from "@/api/client";
import { accessToken, signedIn, signedOut } from "@/api/login";
import { hasReason } from "@/api/problems";

const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
let renewals = 0;

beforeEach(() => {
  renewals = 0;
  signedIn({ access_token: "old", access_expires_at: soon(1000) });
  vi.stubGlobal("fetch", async (request: Request | string) => {
    if (typeof request === "string") {
      renewals += 1;
      return Response.json({ access_token: `new ${renewals}`, access_expires_at: soon(900_000) });
    }
    return new Response(null, {
      status: request.headers.get("Authorization") === "Bearer refused" ? 401 : 204,
    });
  });
});
afterEach(() => {
  signedOut();
  vi.unstubAllGlobals();
});

describe("the login of this browser", () => {
  it("is renewed once for all that ask at the same time", async () => {
    const tokens = await Promise.all([accessToken(), accessToken(), accessToken()]);
    expect([new Set(tokens).size, renewals]).toEqual([1, 1]);
  });

  it("is renewed when the server refuses its token, and the request is sent again", async () => {
    signedIn({ access_token: "refused", access_expires_at: soon(900_000) });
    const response = await send(new Request(new URL("/api/v1/me", location.origin)));
    expect([response.status, renewals]).toEqual([204, 1]);
  });

  it("asks for no renewal on a stranger's visit", async () => {
    signedOut();
    const failure = await accessToken().catch((error: unknown) => error);
    expect([hasReason(failure, "SESSION_ENDED"), renewals]).toEqual([true, 0]);
  });

  it("test_f21: a request that nobody answers ends with TIMEOUT", async () => {
    signedIn({ access_token: "good", access_expires_at: soon(900_000) });
    vi.stubGlobal(
      "fetch",
      (_: Request, { signal }: RequestInit) =>
        new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    );
    const failure = await send(new Request(new URL("/api/v1/me", location.origin)), 20).catch(
      (error: unknown) => error,
    );
    expect(hasReason(failure, "TIMEOUT")).toBe(true);
  });
});
