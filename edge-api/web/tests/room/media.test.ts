import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/problems";
import { type Said, toldBy } from "@/areas/candidate/room/channel";
import { type Link, MediaLink, type Mesh } from "@/areas/candidate/room/media";
import type { Connect, Peer, PeerListener } from "@/areas/candidate/room/peer";

/** A connection that does what its test says. */
class FakePeer implements Peer {
  readonly said: Said[] = [];
  accepted = "";
  closed = false;
  open = false;
  constructor(readonly listener: PeerListener) {}
  asks: RTCIceServer[] = [];
  offer = async (iceServers: RTCIceServer[]) => {
    this.asks = iceServers;
    return "an offer";
  };
  accept = async (sdp: string) => {
    this.accepted = sdp;
  };
  tell(message: Said) {
    if (this.open) this.said.push(message);
    return this.open;
  }
  close() {
    this.closed = true;
  }
  opens() {
    this.open = true;
    this.listener.opened();
  }
}

const peers: FakePeer[] = [];
const connect: Connect = (_, listener) => {
  const peer = new FakePeer(listener);
  peers.push(peer);
  return peer;
};
const links: Link[] = [];
const told: unknown[] = [];
let hungUp: string[] = [];
let refusal: unknown = null;
let servers: RTCIceServer[] = [];
const mesh: Mesh = {
  iceServers: async () => servers,
  negotiate: async () => {
    if (refusal) throw refusal;
    return { peer_id: `peer ${peers.length}`, answer_sdp: "an answer" };
  },
  hangUp: (id) => hungUp.push(id),
};
const opened: MediaLink[] = [];
function media(): MediaLink {
  const link = new MediaLink({} as MediaStream, mesh, connect, {
    link: (now) => links.push(now),
    told: (message) => told.push(message),
    sounding: () => undefined,
    quiet: () => undefined,
  });
  opened.push(link);
  return link;
}
const last = () => peers.at(-1) as FakePeer;
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const refused = (status: number, reason: string, retry_after_s: number | null = null) =>
  new ApiError({
    ...{ type: "", title: "", detail: "", remedy: "", violations: [], incident: "" },
    ...{ status, reason, retry_after_s },
  });

beforeEach(() => {
  vi.useFakeTimers();
  for (const list of [peers, links, told]) list.length = 0;
  hungUp = [];
  refusal = null;
});
afterEach(() => {
  for (const link of opened.splice(0)) link.close();
  vi.useRealTimers();
});

describe("the voice connection", () => {
  it("offers, takes the answer and beats every five seconds", async () => {
    media();
    await passes(0);
    expect(last().accepted).toBe("an answer");
    last().opens();
    expect(links).toEqual(["connecting", "open"]);
    await passes(5000);
    expect(last().said).toEqual([{ type: "heartbeat" }, { type: "heartbeat" }]);
  });

  it("asks anew before each offer which servers it may use: their passwords run out", async () => {
    servers = [{ urls: "turn:a", username: "1", credential: "x" }];
    media();
    await passes(0);
    expect(last().asks).toEqual(servers);
    servers = [];
    last().listener.lost();
    await passes(1000);
    expect([peers.length, last().asks]).toEqual([2, []]);
  });

  it("is made anew when it is lost, and nothing of the old one is heard any more", async () => {
    media();
    await passes(0);
    last().opens();
    const old = last();
    old.listener.lost();
    expect(links.at(-1)).toBe("waiting");
    await passes(1000);
    expect([peers.length, old.closed]).toEqual([2, true]);
    old.listener.told({ type: "submitted", turn_id: "t1" });
    old.listener.lost();
    expect(told).toEqual([]);
    last().opens();
    expect(links.at(-1)).toBe("open");
  });

  it("waits longer after each failure, and not at all once the network is back", async () => {
    media();
    await passes(0);
    for (let times = 0; times < 6; times += 1) {
      last().listener.lost();
      await passes(10_000);
    }
    expect(peers).toHaveLength(7);
    last().listener.lost();
    await passes(5000);
    expect(peers).toHaveLength(7);
    dispatchEvent(new Event("online"));
    expect(peers).toHaveLength(8);
  });

  it("test_f21: gives up waiting for one that never opens or falls silent, and tries another", async () => {
    media();
    await passes(21_000);
    expect(peers).toHaveLength(2);
    last().opens();
    await passes(10_000);
    last().listener.told({ type: "heartbeat" });
    await passes(10_000);
    expect(peers).toHaveLength(2);
    await passes(4000);
    expect(peers).toHaveLength(3);
  });

  it("says that it is unavailable where media is not installed, until the person tries again", async () => {
    refusal = refused(503, "MEDIA_ENGINE_MISSING", 60);
    const link = media();
    await passes(600_000);
    expect([peers.length, links.at(-1)]).toEqual([1, "unavailable"]);
    refusal = null;
    link.now();
    await passes(0);
    last().opens();
    expect(links.at(-1)).toBe("open");
  });

  it("tries again later where media is busy, not before it may", async () => {
    refusal = refused(429, "MEDIA_NO_PORT", 5);
    media();
    await passes(4900);
    expect([peers.length, links.at(-1)]).toEqual([1, "waiting"]);
    refusal = null;
    await passes(200);
    expect(peers).toHaveLength(2);
  });

  it("takes a refusal as one: an interview without consent to a voice is not asked again", async () => {
    refusal = refused(409, "AUDIO_NOT_ALLOWED");
    media();
    await passes(60_000);
    expect([peers.length, links.at(-1)]).toEqual([1, "unavailable"]);
  });

  it("hangs up when the room or the page is left, also while the answer was under way", async () => {
    media();
    await passes(0);
    dispatchEvent(new Event("pagehide"));
    expect([hungUp, last().closed]).toEqual([["peer 1"], true]);
    const second = media();
    second.close();
    await passes(0);
    expect(hungUp).toEqual(["peer 1", "peer 2"]);
    expect(last().accepted).toBe("");
  });

  it("sends nothing while it is shut, and says so", async () => {
    const link = media();
    await passes(0);
    expect(link.tell({ type: "answer_done", turn_id: "t1" })).toBe(false);
    last().opens();
    expect(link.tell({ type: "answer_done", turn_id: "t1" })).toBe(true);
  });
});

describe("a message of media", () => {
  it("is taken when its type is known, and nothing else is", () => {
    expect(toldBy('{"type":"submitted","turn_id":"t1"}')).toEqual({ type: "submitted", turn_id: "t1" });
    for (const data of ['{"type":"newer"}', "[]", "null", "{", '"caption"', new ArrayBuffer(4)])
      expect(toldBy(data)).toBeNull();
  });
});
