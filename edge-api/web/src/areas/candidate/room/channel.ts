import type { components } from "@/api/schema";

/** Words over the data channel between the page and media. Knows no connection. */
type Caption = components["schemas"]["SocketCaption"];

/** What the page says to media. */
export type Said =
  | { type: "heartbeat" }
  | { type: "answer_done" | "repeat"; turn_id: string }
  | { type: "muted"; muted: boolean }
  | { type: "speaking"; speaking: boolean };

/** What media tells the page. */
export type Told =
  | Caption
  | { type: "segment"; turn_id: string; segment_seq: number }
  | { type: "submitted" | "lost"; turn_id: string }
  | { type: "voice"; state: "speaking" | "silent" | "none" }
  | { type: "listening"; state: "ok" | "recovering" | "off" }
  | { type: "heartbeat" };

export const CHANNEL = "viva";
const KNOWN = new Set(["caption", "segment", "submitted", "lost", "voice", "listening", "heartbeat"]);

/** A message of a type that is known; null for anything else, such as a newer server's. */
export function toldBy(data: unknown): Told | null {
  if (typeof data !== "string") return null;
  try {
    const found: unknown = JSON.parse(data);
    const known = typeof found === "object" && found !== null && "type" in found;
    return known && KNOWN.has(String(found.type)) ? (found as Told) : null;
  } catch {
    return null;
  }
}
