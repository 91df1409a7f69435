// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { ConsentText, Interview } from "@/api/types";
import { capturing, decided, hindrance, type Purpose } from "@/areas/candidate/devices/choices";

const purposes: Purpose[] = ["processing", "audio", "video", "recording"];
const texts = purposes.map((purpose) => ({ purpose, version: `${purpose}-1` }) as ConsentText);
const free = { typedOnly: false, noCamera: false, voiceServed: true };
const grantedOf = (wishes: typeof free, agreed: Purpose[]) =>
  decided(texts, wishes, new Set(agreed))
    .filter((each) => each.granted)
    .map((each) => each.purpose);
const interview = (no_camera: boolean) => ({ accommodations: { no_camera } }) as Interview;
const consent = (purpose: Purpose, granted = true, withdrawn_at: string | null = null) => ({
  purpose,
  granted,
  withdrawn_at,
});

describe("what may be captured", () => {
  it("is what was agreed to, purpose by purpose", () => {
    expect(grantedOf(free, [])).toEqual([]);
    expect(grantedOf(free, ["processing", "audio"])).toEqual(["processing", "audio"]);
    expect(grantedOf(free, purposes)).toEqual(purposes);
  });

  it("is nothing but the words when answers are typed or no voice is served", () => {
    expect(grantedOf({ ...free, typedOnly: true }, purposes)).toEqual(["processing"]);
    expect(grantedOf({ ...free, voiceServed: false }, purposes)).toEqual(["processing"]);
  });

  it("is no picture with the accommodation, whatever was switched on before", () => {
    expect(grantedOf({ ...free, noCamera: true }, purposes)).toEqual(["processing", "audio", "recording"]);
    expect(capturing(interview(true), [consent("audio"), consent("video")])).toEqual({
      audio: true,
      video: false,
    });
  });

  it("rests on the voice: without it neither picture nor recording is asked for", () => {
    expect(hindrance("video", free, new Set())).toBe("needsVoice");
    expect(hindrance("recording", free, new Set())).toBe("needsVoice");
    expect(capturing(interview(false), [consent("video")])).toEqual({ audio: false, video: false });
  });

  it("ends with a consent taken back", () => {
    const taken = [consent("audio", true, "2026-01-01T00:00:00Z"), consent("video")];
    expect(capturing(interview(false), taken)).toEqual({ audio: false, video: false });
    expect(capturing(interview(false), [consent("audio", false)]).audio).toBe(false);
  });
});
