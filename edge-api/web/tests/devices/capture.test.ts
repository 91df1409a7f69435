import { afterEach, describe, expect, it, vi } from "vitest";
import { capture, problemOfCapture } from "@/areas/candidate/devices/capture";
import { networkOf } from "@/areas/candidate/devices/network";
import { levelOf, loudnessOf } from "@/areas/candidate/devices/use-level";

class FakeStream {
  constructor(readonly tracks: { kind: string }[]) {}
  getTracks() {
    return this.tracks;
  }
}

/** A machine that has these devices and answers every other wish with an error of this name. */
function machine(has: readonly ("audio" | "video")[], error = "NotFoundError") {
  vi.stubGlobal("MediaStream", FakeStream);
  const getUserMedia = vi.fn(async (wish: MediaStreamConstraints) => {
    const wanted = (["audio", "video"] as const).filter((kind) => wish[kind]);
    if (wanted.some((kind) => !has.includes(kind))) throw new DOMException("", error);
    return new FakeStream(wanted.map((kind) => ({ kind })));
  });
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  return getUserMedia;
}
afterEach(() => vi.unstubAllGlobals());
const kinds = (stream: MediaStream | null) => stream?.getTracks().map((track) => track.kind);

describe("opening the devices", () => {
  it("asks once for both, with echo cancellation and a small picture", async () => {
    const asked = machine(["audio", "video"]);
    const found = await capture({ audio: true, video: true });
    expect(kinds(found.stream)).toEqual(["audio", "video"]);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(asked.mock.calls[0]?.[0]).toMatchObject({
      audio: { echoCancellation: true },
      video: { width: { ideal: 640 }, frameRate: { ideal: 10 } },
    });
  });

  it("takes the microphone alone where there is no camera, and says so", async () => {
    machine(["audio"]);
    const found = await capture({ audio: true, video: true });
    expect(kinds(found.stream)).toEqual(["audio"]);
    expect(found).toMatchObject({ audio: null, video: "missing" });
  });

  it("opens no camera that was not wished for", async () => {
    const asked = machine(["audio", "video"]);
    await capture({ audio: true, video: false });
    expect(asked.mock.calls[0]?.[0].video).toBe(false);
  });

  it("says what stood in the way", async () => {
    machine([], "NotAllowedError");
    expect(await capture({ audio: true, video: true })).toEqual({
      stream: null,
      audio: "refused",
      video: "refused",
    });
    vi.stubGlobal("navigator", {});
    expect((await capture({ audio: true, video: false })).audio).toBe("insecure");
    expect(problemOfCapture(new DOMException("", "NotReadableError"))).toBe("busy");
    expect(problemOfCapture("anything")).toBe("failed");
  });
});

describe("what a device check says", () => {
  it("tells silence, speech and too much from each other", () => {
    const tone = (peak: number) =>
      levelOf(Float32Array.from({ length: 2048 }, (_, at) => peak * Math.sin(at / 7)));
    expect([0, 0.003, 0.1, 1].map((peak) => loudnessOf(tone(peak)))).toEqual([
      "silent",
      "low",
      "good",
      "good",
    ]);
    expect(loudnessOf(levelOf(new Float32Array(64).fill(1)))).toBe("loud");
  });

  it("tells a network by the middle of its times", () => {
    expect(networkOf([20, 30, 2000, 25, 22])).toBe("good");
    expect(networkOf([200, 300, 250])).toBe("fair");
    expect(networkOf([900, 500, 700])).toBe("slow");
    expect(networkOf([])).toBe("none");
  });
});
