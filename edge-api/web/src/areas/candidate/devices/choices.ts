import type { ConsentText, Interview } from "@/api/types";

/** What may be captured in an interview, and why something may not. Knows no screen. */
export type Purpose = ConsentText["purpose"];

export interface Wishes {
  /** Answers are typed only. */
  typedOnly: boolean;
  noCamera: boolean;
  /** The mesh can take a voice. */
  voiceServed: boolean;
}

export type Hindrance = "notServed" | "typedOnly" | "noCamera" | "needsVoice";

/** Why a purpose cannot be agreed to now; null when it can. */
export function hindrance(purpose: Purpose, wishes: Wishes, agreed: ReadonlySet<Purpose>): Hindrance | null {
  if (purpose === "processing") return null;
  if (wishes.typedOnly) return "typedOnly";
  if (!wishes.voiceServed) return "notServed";
  if (purpose === "video" && wishes.noCamera) return "noCamera";
  if (purpose !== "audio" && !agreed.has("audio")) return "needsVoice";
  return null;
}

/** Every purpose with what was decided: what cannot be used is not agreed to, whatever its switch said. */
export function decided(texts: readonly ConsentText[], wishes: Wishes, agreed: ReadonlySet<Purpose>) {
  return texts.map(({ purpose, version }) => ({
    purpose,
    version,
    granted: agreed.has(purpose) && hindrance(purpose, wishes, agreed) === null,
  }));
}

export interface Capturing {
  audio: boolean;
  video: boolean;
}

export const NOTHING: Capturing = { audio: false, video: false };

/** What an interview may capture, from its consents and accommodations. */
export function capturing(
  interview: Interview,
  consents: readonly { purpose: Purpose; granted: boolean; withdrawn_at: string | null }[],
): Capturing {
  const granted = (purpose: Purpose) =>
    consents.some((each) => each.purpose === purpose && each.granted && !each.withdrawn_at);
  const audio = granted("audio");
  return { audio, video: audio && granted("video") && !interview.accommodations?.no_camera };
}
