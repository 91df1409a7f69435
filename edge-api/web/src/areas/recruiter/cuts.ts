/** Where a stretch of time is heard in recordings. Knows no screen. */

import type { Schema } from "./data";

/** Seconds since that recording began. */
export interface Cut {
  name: string;
  from: number;
  to: number;
}

/** `recordings` are oldest first, and each ends where the next begins at the latest. */
export function cuts(
  recordings: readonly Schema["Recording"][],
  from: string | null | undefined,
  to: string | null | undefined,
): Cut[] {
  if (!from || !to) return [];
  const begins = recordings.map(({ begun_at }) => Date.parse(begun_at ?? ""));
  return recordings.flatMap(({ name }, at) => {
    const zero = begins[at] ?? Number.NaN;
    const start = Math.max(Date.parse(from), zero);
    const end = Math.min(Date.parse(to), begins[at + 1] ?? Number.POSITIVE_INFINITY);
    return start < end ? [{ name, from: (start - zero) / 1000, to: (end - zero) / 1000 }] : [];
  });
}
