import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { signedIn, signedOut } from "@/api/login";
import { useOutbox } from "@/areas/candidate/room/outbox";

const keys: (string | null)[] = [];
let answers: (() => Response)[] = [];

beforeEach(() => {
  keys.length = 0;
  sessionStorage.clear();
  signedIn({ access_token: "token", access_expires_at: new Date(Date.now() + 600_000).toISOString() });
  vi.stubGlobal("fetch", async (request: Request) => {
    keys.push(request.headers.get("Idempotency-Key"));
    const next = answers.shift();
    if (!next) throw new TypeError("no network");
    return next();
  });
});
afterEach(() => {
  signedOut();
  vi.unstubAllGlobals();
});

const accepted = () => Response.json({ answer_id: "a", duplicate: false, next_turn_id: "", last_seq: 1 });
const refused = (reason: string) => () => Response.json({ reason, status: 409 }, { status: 409 });
const wrapper = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>
);
const outbox = () => renderHook(() => useOutbox("i1", "t1"), { wrapper });

describe("an answer on its way", () => {
  it("is sent once however often the button is pressed", async () => {
    answers = [accepted, accepted];
    const { result } = outbox();
    act(() => {
      result.current.submit("my answer");
      result.current.submit("my answer");
    });
    await waitFor(() => expect(sessionStorage.length).toBe(0));
    expect(keys).toHaveLength(1);
  });

  it("is kept while there is no connection and sent again with the same key", async () => {
    answers = [];
    const { result } = outbox();
    act(() => result.current.submit("my answer"));
    await waitFor(() => expect(result.current.sending).toBe("waiting"));
    expect(sessionStorage.length).toBe(1);
    answers = [accepted];
    act(() => void dispatchEvent(new Event("online")));
    await waitFor(() => expect(sessionStorage.length).toBe(0));
    expect(new Set(keys).size).toBe(1);
  });

  it("goes on after a reload of the page", async () => {
    sessionStorage.setItem("viva.answer.t1", JSON.stringify({ key: "kept", text: "my answer" }));
    answers = [accepted];
    outbox();
    await waitFor(() => expect(sessionStorage.length).toBe(0));
    expect(keys).toEqual(["kept"]);
  });

  it("is done when the turn had been answered from elsewhere", async () => {
    answers = [refused("TURN_NOT_OPEN")];
    const { result } = outbox();
    act(() => result.current.submit("my answer"));
    await waitFor(() => expect(result.current.sending).toBe("no"));
    expect(result.current.error).toBeNull();
  });

  it("shows a refusal and lets the person send another", async () => {
    answers = [refused("INTERVIEW_PAUSED")];
    const { result } = outbox();
    act(() => result.current.submit("my answer"));
    await waitFor(() => expect(result.current.error).not.toBeNull());
    expect(sessionStorage.length).toBe(0);
  });
});
