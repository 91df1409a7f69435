import { useEffect, useState } from "react";

/** How loud a microphone is: 0 is silence, 1 the most it can tell. */
export type Loudness = "silent" | "low" | "good" | "loud";

const EVERY_MS = 100;
const REMEMBERED = 15; // looks: words follow the loudest of a second and a half
const FLOOR_DB = -60;

/** Root mean square of samples in -1…1, on a scale of decibels from 0 to 1. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}

export function loudnessOf(peak: number): Loudness {
  if (peak < 0.1) return "silent";
  if (peak < 0.35) return "low";
  return peak > 0.95 ? "loud" : "good";
}

export function useLevel(stream: MediaStream | null): { level: number; loudness: Loudness } {
  const [seen, setSeen] = useState({ level: 0, loudness: "silent" as Loudness });
  useEffect(() => {
    if (!stream?.getAudioTracks().length) return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 2048;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const latest: number[] = [];
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const level = levelOf(samples);
      latest.push(level);
      if (latest.length > REMEMBERED) latest.shift();
      setSeen({ level, loudness: loudnessOf(Math.max(...latest)) });
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      void context.close();
    };
  }, [stream]);
  return seen;
}
