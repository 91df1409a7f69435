import type { Capturing } from "./choices";

/** Opens microphone and camera as far as they can be had, and says in a word what stood in the way. */
export type CaptureProblem = "refused" | "missing" | "busy" | "insecure" | "failed";

export interface Captured {
  stream: MediaStream | null;
  audio: CaptureProblem | null;
  video: CaptureProblem | null;
}

const AUDIO: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
};
const VIDEO: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 480 },
  frameRate: { ideal: 10, max: 15 },
  facingMode: "user",
};

const PROBLEMS: Record<string, CaptureProblem> = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

export function problemOfCapture(error: unknown): CaptureProblem {
  const name = typeof error === "object" && error !== null && "name" in error ? String(error.name) : "";
  return PROBLEMS[name] ?? "failed";
}

/** Asks once for both; where only one of them is to be had, that one. */
export async function capture(wish: Capturing): Promise<Captured> {
  if (!wish.audio && !wish.video) return { stream: null, audio: null, video: null };
  // Browsers hide the devices from pages without a secure address.
  if (!navigator.mediaDevices) return failed(wish, "insecure");
  try {
    return { stream: await opened(wish), audio: null, video: null };
  } catch (error) {
    if (!wish.audio || !wish.video) return failed(wish, problemOfCapture(error));
  }
  const audio = await capture({ audio: true, video: false });
  const video = await capture({ audio: false, video: true });
  const tracks = [audio, video].flatMap((each) => each.stream?.getTracks() ?? []);
  return {
    stream: tracks.length ? new MediaStream(tracks) : null,
    audio: audio.audio,
    video: video.video,
  };
}

export function release(stream: MediaStream | null | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function opened({ audio, video }: Capturing): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ audio: audio && AUDIO, video: video && VIDEO });
}

function failed(wish: Capturing, problem: CaptureProblem): Captured {
  return { stream: null, audio: wish.audio ? problem : null, video: wish.video ? problem : null };
}
