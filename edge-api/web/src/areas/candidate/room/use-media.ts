import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { api, keyed, read } from "@/api/client";
import { presentToken } from "@/api/login";
import { type Captured, capture, release } from "../devices/capture";
import type { Capturing } from "../devices/choices";
import type { Said, Told } from "./channel";
import { type Link, MediaLink, type Mesh } from "./media";
import { connectPeer } from "./peer";

/** What the room knows of its voice connection. */
interface Heard {
  /** "off": nothing may be captured; "asking": the person is asked for the microphone. */
  link: Link | "off" | "asking";
  /** Nothing arrives over the open link: what is said now may be lost. */
  quiet: boolean;
  listening: "ok" | "recovering" | "off";
  /** The interviewer's own voice; "none": there is none on this mesh. */
  voice: "unknown" | "speaking" | "silent" | "none";
  /** The last turn that media has submitted. */
  submitted: string;
  sound: MediaStream | null;
}

type News =
  | Told
  | { type: "link"; link: Heard["link"] }
  | { type: "sound"; sound: MediaStream }
  | { type: "quiet"; quiet: boolean };

export const unheard: Heard = {
  link: "off",
  quiet: false,
  listening: "ok",
  voice: "unknown",
  submitted: "",
  sound: null,
};

export function hearing(heard: Heard, news: News): Heard {
  if (news.type === "link") return linked(heard, news.link);
  if (news.type === "sound") return { ...heard, sound: news.sound };
  if (news.type === "quiet") return { ...heard, quiet: news.quiet };
  if (news.type === "voice") return { ...heard, voice: news.state };
  if (news.type === "listening") return { ...heard, listening: news.state };
  return news.type === "submitted" ? { ...heard, submitted: news.turn_id } : heard;
}

/** A connection that is gone speaks no more; whether a new one is listened to, media tells anew. */
function linked(heard: Heard, link: Heard["link"]): Heard {
  if (link === "open") return { ...heard, link, quiet: false };
  const voice = heard.voice === "speaking" ? "silent" : heard.voice;
  return { ...heard, link, voice, listening: "ok", sound: null };
}

export interface Media extends Heard {
  captured: Captured | null;
  /** Whether answers can be spoken now or as soon as the connection is back. */
  possible: boolean;
  tell: (message: Said) => boolean;
  /** Opens the devices again. */
  ask: () => void;
  /** Connects again, at once. */
  retry: () => void;
}

export function useMedia(interviewId: string, wish: Capturing, onTold: (message: Told) => void): Media {
  const [heard, news] = useReducer(hearing, unheard);
  const [captured, setCaptured] = useState<Captured | null>(null);
  const [asked, setAsked] = useState(0);
  const link = useRef<MediaLink | null>(null);
  const { audio, video } = wish;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` opens the devices once more
  useEffect(() => {
    if (!audio) return;
    let gone = false;
    let held: MediaStream | null = null;
    news({ type: "link", link: "asking" });
    void capture({ audio, video }).then((found) => {
      if (gone) return release(found.stream);
      held = found.stream;
      setCaptured(found);
      if (found.audio) news({ type: "link", link: "off" });
    });
    return () => {
      gone = true;
      release(held);
    };
  }, [audio, video, asked]);

  useEffect(() => {
    if (!captured?.stream || captured.audio) return;
    const opened = new MediaLink(captured.stream, meshOf(interviewId), connectPeer, {
      link: (now) => news({ type: "link", link: now }),
      sounding: (sound) => news({ type: "sound", sound }),
      quiet: (quiet) => news({ type: "quiet", quiet }),
      told: (message) => {
        news(message);
        onTold(message);
      },
    });
    link.current = opened;
    return () => {
      link.current = null;
      opened.close();
    };
  }, [captured, interviewId, onTold]);

  const tell = useCallback((message: Said) => link.current?.tell(message) ?? false, []);
  return {
    ...heard,
    captured,
    possible: !["off", "unavailable"].includes(heard.link) && heard.listening !== "off",
    tell,
    ask: () => setAsked((times) => times + 1),
    retry: () => link.current?.now(),
  };
}

/** While it holds, the microphone is shut and media listens to nothing. */
export function useMuted({ captured, link, tell }: Media, muted: boolean): void {
  useEffect(() => {
    for (const track of captured?.stream?.getAudioTracks() ?? []) track.enabled = !muted;
    if (link === "open") tell({ type: "muted", muted });
  }, [captured, link, tell, muted]);
}

/** While it holds, the browser itself speaks, and media must not take that for an answer. */
export function useSpeaking({ link, tell }: Media, speaking: boolean): void {
  useEffect(() => {
    if (link === "open") tell({ type: "speaking", speaking });
  }, [link, tell, speaking]);
}

function meshOf(interviewId: string): Mesh {
  const path = { interview_id: interviewId };
  return {
    iceServers: async () => {
      const { servers } = await read(
        api.GET("/api/v1/interviews/{interview_id}/media/ice-servers", { params: { path } }),
      );
      return servers.map(({ url, ...secret }) => ({ urls: url, ...secret }));
    },
    negotiate: (offer_sdp) =>
      read(
        api.POST("/api/v1/interviews/{interview_id}/media", {
          params: { path, header: keyed() },
          body: { offer_sdp },
        }),
      ),
    hangUp: (peerId) => {
      const url = `/api/v1/interviews/${interviewId}/media/${encodeURIComponent(peerId)}`;
      const headers = { Authorization: `Bearer ${presentToken()}` };
      // `keepalive`: it must arrive even when the page is closing. Who does not hear it waits for a heartbeat.
      void fetch(url, { method: "DELETE", headers, keepalive: true }).catch(() => undefined);
    },
  };
}
