// A media service inside the page: it opens the data channel, keeps what the page says, and tells what a test likes.
window.media = {
  said: [],
  channel: null,
  tell: (message) => window.media.channel.onmessage({ data: JSON.stringify(message) }),
  hangUp: () => window.media.channel.onclose(),
};

class StandInChannel {
  readyState = "connecting";
  send(text) {
    const message = JSON.parse(text);
    if (message.type === "heartbeat") window.media.tell(message);
    else window.media.said.push(message);
  }
}

window.RTCPeerConnection = class {
  setConfiguration({ iceServers }) {
    window.media.iceServers = iceServers;
  }
  iceGatheringState = "complete";
  localDescription = { sdp: "v=0" };
  createDataChannel() {
    window.media.channel = new StandInChannel();
    return window.media.channel;
  }
  addTransceiver() {}
  async setLocalDescription() {}
  async setRemoteDescription() {
    const { channel } = window.media;
    channel.readyState = "open";
    setTimeout(() => channel.onopen(), 0);
  }
  close() {}
};
