import { useEffect, useState } from "react";

/** Seconds left until a moment of the server's clock; null without one. */
export function useSecondsLeft(dueAt: string | null, aheadMs: number): number | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!dueAt) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [dueAt]);
  return dueAt ? Math.max(0, (Date.parse(dueAt) - now - aheadMs) / 1000) : null;
}

/** Whether `active` has held for this long. */
export function useHeldFor(active: boolean, ms: number): boolean {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    setHeld(false);
    if (!active) return;
    const timer = setTimeout(() => setHeld(true), ms);
    return () => clearTimeout(timer);
  }, [active, ms]);
  return held && active;
}
