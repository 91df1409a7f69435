import { CHANNEL, type Said, type Told, toldBy } from "./channel";

/** One WebRTC connection to media, as the room needs it; used once and never mended. */
export interface Peer {
  /** The offer with the network candidates that were found, by these servers too, within two seconds. */
  offer(iceServers: RTCIceServer[]): Promise<string>;
  accept(answerSdp: string): Promise<void>;
  /** Whether it was sent: nothing is while the channel is shut. */
  tell(message: Said): boolean;
  close(): void;
}

export interface PeerListener {
  opened(): void;
  told(message: Told): void;
  /** The interviewer's voice is there to be played. */
  sounding(stream: MediaStream): void;
  /** Whether nothing arrives although something always should: a network that may be cut. */
  quiet(isQuiet: boolean): void;
  lost(): void;
}

export type Connect = (stream: MediaStream, listener: PeerListener) => Peer;

const GATHERING_MS = 2000;
const DISCONNECTED_MS = 3000; // it may come back by itself
const LOOK_MS = 1000;
const QUIET_LOOKS = 2; // media sends sound all the time, silence too
const VIDEO_BITS_PER_S = 400_000;

export const connectPeer: Connect = (stream, listener) => {
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel(CHANNEL);
  let closed = false;
  let patience: ReturnType<typeof setTimeout> | undefined;
  const looking = watch(connection, (isQuiet) => listener.quiet(isQuiet));
  const lost = () => {
    if (!closed) listener.lost();
  };
  for (const track of stream.getTracks()) send(connection, track, stream);
  connection.ontrack = ({ track }) => listener.sounding(new MediaStream([track]));
  connection.onconnectionstatechange = () => {
    clearTimeout(patience);
    if (connection.connectionState === "failed") lost();
    if (connection.connectionState === "disconnected") patience = setTimeout(lost, DISCONNECTED_MS);
  };
  channel.onopen = () => listener.opened();
  channel.onclose = lost;
  channel.onmessage = ({ data }) => {
    const message = toldBy(data);
    if (message && !closed) listener.told(message);
  };
  return {
    async offer(iceServers) {
      connection.setConfiguration({ iceServers });
      await connection.setLocalDescription();
      await gathered(connection);
      return connection.localDescription?.sdp ?? "";
    },
    accept: (sdp) => connection.setRemoteDescription({ type: "answer", sdp }),
    tell(message) {
      if (channel.readyState !== "open") return false;
      channel.send(JSON.stringify(message));
      return true;
    },
    close() {
      closed = true;
      clearTimeout(patience);
      clearInterval(looking);
      connection.close();
    },
  };
};

function send(connection: RTCPeerConnection, track: MediaStreamTrack, stream: MediaStream): void {
  const isVideo = track.kind === "video";
  connection.addTransceiver(track, {
    streams: [stream],
    direction: isVideo ? "sendonly" : "sendrecv",
    ...(isVideo ? { sendEncodings: [{ maxBitrate: VIDEO_BITS_PER_S }] } : {}),
  });
}

/** Tells whenever sound stops to arrive or arrives again; before the first of it nothing is told. */
function watch(connection: RTCPeerConnection, became: (isQuiet: boolean) => void) {
  let known = 0;
  let looks = 0;
  return setInterval(async () => {
    const packets = await received(connection);
    const wasQuiet = looks >= QUIET_LOOKS;
    looks = packets > 0 && packets === known ? looks + 1 : 0;
    known = packets;
    if (wasQuiet !== looks >= QUIET_LOOKS) became(!wasQuiet);
  }, LOOK_MS);
}

async function received(connection: RTCPeerConnection): Promise<number> {
  let packets = 0;
  for (const each of (await connection.getStats()).values()) {
    if (each.type === "inbound-rtp") packets += each.packetsReceived;
  }
  return packets;
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    if (connection.iceGatheringState === "complete") return resolve();
    const timer = setTimeout(resolve, GATHERING_MS);
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    };
  });
}
