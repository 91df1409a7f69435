import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Said } from "@/areas/candidate/room/channel";
import type { Outbox } from "@/areas/candidate/room/outbox";
import { useEnding } from "@/areas/candidate/room/use-ending";
import { hearing, unheard } from "@/areas/candidate/room/use-media";

let said: Said[] = [];
let sent: string[][] = [];
let open = true;
const tell = (message: Said) => {
  if (open) said.push(message);
  return open;
};
const outbox = (sending: Outbox["sending"] = "no"): Outbox => ({
  sending,
  error: null,
  pendingText: null,
  submit: (...what) => void sent.push(what as string[]),
});
const ending = () =>
  renderHook(({ submitted, box }) => useEnding("t1", { tell, submitted }, box), {
    initialProps: { submitted: "", box: outbox() },
  });
const passes = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  sent = [];
  open = true;
});
afterEach(() => void vi.useRealTimers());

describe("ending a spoken answer", () => {
  it("tells media once however often the button is pressed, and submits nothing beside it", async () => {
    const { result, rerender } = ending();
    act(() => result.current.end());
    act(() => result.current.end());
    rerender({ submitted: "t1", box: outbox() });
    await passes(5000);
    expect(said).toEqual([{ type: "answer_done", turn_id: "t1" }]);
    expect(sent).toEqual([]);
    expect(result.current.busy).toBe(true);
  });

  it("test_f21: submits by itself when media has said nothing for four seconds", async () => {
    const { result } = ending();
    act(() => result.current.end());
    await passes(3900);
    expect(sent).toEqual([]);
    await passes(200);
    expect(sent).toEqual([["", "button"]]);
    await passes(20_000);
    expect(sent).toHaveLength(1);
  });

  it("submits at once when the channel is shut, and not again while that is on its way", async () => {
    open = false;
    const { result, rerender } = ending();
    act(() => result.current.end());
    rerender({ submitted: "", box: outbox("sending") });
    act(() => result.current.end());
    expect(sent).toEqual([["", "button"]]);
  });

  it("submits nothing once the next turn has come", async () => {
    const { result, unmount } = ending();
    act(() => result.current.end());
    unmount();
    await passes(20_000);
    expect(sent).toEqual([]);
  });

  it("test_f21: does not trust a word of media without end", async () => {
    const { result, rerender } = ending();
    act(() => result.current.end());
    rerender({ submitted: "t1", box: outbox() });
    await passes(11_000);
    expect(sent).toEqual([["", "button"]]);
    expect(result.current.busy).toBe(false);
  });
});

describe("what is known of the voice connection", () => {
  it("follows what media tells", () => {
    const heard = [
      { type: "link", link: "open" } as const,
      { type: "voice", state: "speaking" } as const,
      { type: "listening", state: "recovering" } as const,
      { type: "submitted", turn_id: "t1" } as const,
    ].reduce(hearing, unheard);
    expect(heard).toMatchObject({ voice: "speaking", listening: "recovering", submitted: "t1" });
  });

  it("forgets with a lost connection that somebody speaks, not that nobody can", () => {
    const speaking = hearing({ ...unheard, link: "open" }, { type: "voice", state: "speaking" });
    expect(hearing(speaking, { type: "link", link: "waiting" }).voice).toBe("silent");
    const quiet = hearing(speaking, { type: "quiet", quiet: true });
    expect(quiet.quiet).toBe(true);
    expect(hearing(quiet, { type: "link", link: "open" }).quiet).toBe(false);
    const mute = hearing({ ...unheard, link: "open" }, { type: "voice", state: "none" });
    expect(hearing(mute, { type: "link", link: "waiting" }).voice).toBe("none");
  });
});
