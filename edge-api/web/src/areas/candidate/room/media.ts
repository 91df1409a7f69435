import { isPassing, problemOf } from "@/api/problems";
import type { Said, Told } from "./channel";
import type { Connect, Peer } from "./peer";

/**
 * Voice and picture of an interview: a connection to media, made anew whenever it is lost. It gives up only
 * where media cannot serve at all; `now` is then the person's own way to try again.
 */
export type Link = "connecting" | "open" | "waiting" | "unavailable";

/** How offers reach media, and how it is told that somebody has gone. */
export interface Mesh {
  /** STUN and TURN servers; their passwords run out, so each connection asks anew. */
  iceServers(): Promise<RTCIceServer[]>;
  negotiate(offerSdp: string): Promise<{ peer_id: string; answer_sdp: string }>;
  /** Never waits: the page may be closing. */
  hangUp(peerId: string): void;
}

export interface MediaListener {
  link(link: Link): void;
  told(message: Told): void;
  sounding(stream: MediaStream): void;
  /** The open connection may be cut. */
  quiet(isQuiet: boolean): void;
}

const HEARTBEAT_MS = 5000;
const SILENCE_MS = 12_000; // media answers each heartbeat: two were lost
const OPEN_MS = 20_000;
const WAITS_MS = [500, 1000, 2000, 4000, 8000];

export class MediaLink {
  private peer: Peer | null = null;
  private peerId = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly stream: MediaStream,
    private readonly mesh: Mesh,
    private readonly connect: Connect,
    private readonly listener: MediaListener,
  ) {
    addEventListener("online", this.now);
    addEventListener("pagehide", this.leave);
    addEventListener("pageshow", this.back);
    void this.open();
  }

  close(): void {
    this.closed = true;
    removeEventListener("online", this.now);
    removeEventListener("pagehide", this.leave);
    removeEventListener("pageshow", this.back);
    this.leave();
  }

  /** Whether it was sent. */
  tell(message: Said): boolean {
    return this.peer?.tell(message) ?? false;
  }

  /** Connects at once, without waiting for its turn. */
  readonly now = (): void => {
    if (this.closed) return;
    this.drop();
    void this.open();
  };

  /** Hangs up, so that nobody waits for this page. */
  private readonly leave = (): void => {
    this.drop();
    if (this.peerId) this.mesh.hangUp(this.peerId);
    this.peerId = "";
  };

  private readonly back = (event: PageTransitionEvent): void => {
    if (event.persisted) this.now();
  };

  private drop(): void {
    clearTimeout(this.timer);
    clearInterval(this.heartbeat);
    const peer = this.peer;
    this.peer = null;
    peer?.close();
  }

  private async open(): Promise<void> {
    this.listener.link("connecting");
    const peer = this.connect(this.stream, {
      opened: () => peer === this.peer && this.opened(),
      told: (message) => peer === this.peer && this.told(message),
      sounding: (stream) => peer === this.peer && this.listener.sounding(stream),
      quiet: (isQuiet) => peer === this.peer && this.listener.quiet(isQuiet),
      lost: () => peer === this.peer && this.again(),
    });
    this.peer = peer;
    this.expect(OPEN_MS);
    try {
      const answer = await this.mesh.negotiate(await peer.offer(await this.mesh.iceServers()));
      if (this.closed) return this.mesh.hangUp(answer.peer_id);
      if (peer !== this.peer) return;
      this.peerId = answer.peer_id;
      await peer.accept(answer.answer_sdp);
    } catch (error) {
      if (peer === this.peer) this.failed(error);
    }
  }

  private opened(): void {
    this.failures = 0;
    this.expect(SILENCE_MS);
    this.heartbeat = setInterval(() => this.tell({ type: "heartbeat" }), HEARTBEAT_MS);
    this.tell({ type: "heartbeat" });
    this.listener.link("open");
  }

  private told(message: Told): void {
    this.expect(SILENCE_MS);
    if (message.type !== "heartbeat") this.listener.told(message);
  }

  private failed(error: unknown): void {
    const { reason, retry_after_s } = problemOf(error);
    const absent = reason.endsWith("_MISSING") || reason === "MEDIA_UNKNOWN";
    if (isPassing(error) && !absent) this.again(retry_after_s ?? 0);
    else {
      this.drop();
      this.listener.link("unavailable");
    }
  }

  private again(atLeastS = 0): void {
    this.drop();
    if (this.closed) return;
    this.listener.link("waiting");
    const wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)] ?? 8000;
    this.failures += 1;
    this.expect(Math.max(wait * (0.75 + Math.random() / 2), atLeastS * 1000), () => void this.open());
  }

  private expect(ms: number, otherwise: () => void = () => this.again()): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(otherwise, ms);
  }
}
