import { api, read } from "@/api/client";
import { hasReason } from "@/api/problems";
import type { Message } from "./state";

/** The interview's socket, opened anew for as long as the room is: it gives up only when access has ended. */
export type Connection = "connecting" | "open" | "waiting" | "offline" | "ended";

interface Listener {
  message: (message: Message) => void;
  connection: (connection: Connection) => void;
  /** Milliseconds that the server's clock is ahead of this one. */
  clock: (aheadMs: number) => void;
  seq: () => number;
}

const SILENCE_MS = 25_000;
const OPEN_MS = 10_000;
const WAITS_MS = [300, 1000, 2000, 4000, 8000];
const ACCESS_ENDED = 4403;

export class RoomSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly interviewId: string,
    private readonly listener: Listener,
  ) {
    addEventListener("online", this.now);
    addEventListener("offline", this.lost);
    void this.open();
  }

  close(): void {
    this.closed = true;
    removeEventListener("online", this.now);
    removeEventListener("offline", this.lost);
    clearTimeout(this.timer);
    this.drop();
  }

  /** Connects at once, without waiting for its turn. */
  readonly now = (): void => {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.drop();
    void this.open();
  };

  private readonly lost = (): void => this.again();

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private async open(): Promise<void> {
    this.listener.connection("connecting");
    const path = { interview_id: this.interviewId };
    try {
      const answer = await api.POST("/api/v1/interviews/{interview_id}/tickets", { params: { path } });
      const ticket = await read(Promise.resolve(answer));
      const date = Date.parse(answer.response.headers.get("Date") ?? "");
      if (date) this.listener.clock(date - Date.now());
      if (!this.closed) this.connect(ticket);
    } catch (error) {
      if (hasReason(error, "SESSION_ENDED", "NOT_FOUND", "NOT_ALLOWED")) this.end();
      else this.again();
    }
  }

  private connect({ path, ticket }: { path: string; ticket: string }): void {
    const url = new URL(path, location.href.replace(/^http/, "ws"));
    url.search = new URLSearchParams({ ticket, after_seq: String(this.listener.seq()) }).toString();
    this.drop();
    const socket = new WebSocket(url);
    this.socket = socket;
    this.expect(OPEN_MS);
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (socket !== this.socket) return;
      this.failures = 0;
      this.expect(SILENCE_MS);
      this.listener.connection("open");
      this.listener.message(JSON.parse(data) as Message);
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.socket || this.closed) return;
      if (code === ACCESS_ENDED) this.end();
      else this.again();
    };
  }

  private expect(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), ms);
  }

  private again(): void {
    if (this.closed) return;
    this.drop();
    clearTimeout(this.timer);
    this.listener.connection(navigator.onLine ? "waiting" : "offline");
    const wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)] ?? 8000;
    this.failures += 1;
    this.timer = setTimeout(() => void this.open(), wait * (0.75 + Math.random() / 2));
  }

  private end(): void {
    this.drop();
    clearTimeout(this.timer);
    this.listener.connection("ended");
  }
}
