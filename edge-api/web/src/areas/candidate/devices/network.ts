import { send } from "@/api/client";

/** How quickly the server answers small requests, as a person would notice it. */
export type Network = "good" | "fair" | "slow" | "none";

const TRIES = 5;
const LIMIT_MS = 4000;

export function networkOf(times: readonly number[]): Network {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) return "none";
  if (middle < 150) return "good";
  return middle < 400 ? "fair" : "slow";
}

/** One after the other: side by side they would measure each other. */
export async function measure(): Promise<Network> {
  const times: number[] = [];
  for (let tries = 0; tries < TRIES; tries += 1) {
    const begun = performance.now();
    try {
      await send(new Request(new URL("/healthz", location.origin), { cache: "no-store" }), LIMIT_MS);
    } catch {
      return "none";
    }
    times.push(performance.now() - begun);
  }
  return networkOf(times);
}
