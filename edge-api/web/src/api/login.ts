import { fromBody, sessionEnded, unanswered } from "./problems";
import type { components } from "./schema";

/**
 * The login of this browser: the access token lives in memory, the refresh token in a cookie that no
 * script reads. A refresh token works once, so tabs renew one at a time and tell the others.
 */
type Access = components["schemas"]["Access"];
export type User = components["schemas"]["User"];

interface Said {
  access?: Access;
  ended?: true;
}

const REFRESH_URL = "/api/v1/auth/refresh";
const RENEW_BEFORE_MS = 30_000;
const TIMEOUT_MS = 15_000;
// Set while this browser may have a login: a stranger's first visit asks for no renewal.
const HINT = "viva.login";

let access: Access | null = null;
let running: Promise<string> | null = null;
const listeners = new Set<() => void>();
const tabs = new BroadcastChannel("viva.login");

tabs.onmessage = ({ data }: MessageEvent<Said>) => {
  if (data.access) access = data.access;
  if (data.ended) forget();
};

function forget(): void {
  access = null;
  localStorage.removeItem(HINT);
  for (const listener of listeners) listener();
}

/** Calls back when the login has ended, here or in another tab. */
export function onLoginEnded(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function signedIn(found: Access): void {
  access = { access_token: found.access_token, access_expires_at: found.access_expires_at };
  localStorage.setItem(HINT, "1");
  tabs.postMessage({ access } satisfies Said);
}

export function signedOut(): void {
  forget();
  tabs.postMessage({ ended: true } satisfies Said);
}

function isFresh(found: Access | null): found is Access {
  return found !== null && Date.parse(found.access_expires_at) - Date.now() > RENEW_BEFORE_MS;
}

/** A token that is still valid, renewed when needed. Throws SESSION_ENDED when there is no login. */
export async function accessToken(refused?: string): Promise<string> {
  if (isFresh(access) && access.access_token !== refused) return access.access_token;
  running ??= oneTabAtATime(() => renewed(refused)).finally(() => {
    running = null;
  });
  return running;
}

export function presentToken(): string | null {
  return access?.access_token ?? null;
}

async function oneTabAtATime(work: () => Promise<string>): Promise<string> {
  // Locks exist on secure addresses only; elsewhere the edge itself joins renewals of one cookie.
  return navigator.locks ? navigator.locks.request("viva.refresh", async () => work()) : work();
}

async function renewed(refused?: string): Promise<string> {
  // Another tab may have renewed while this one waited for its turn.
  if (isFresh(access) && access.access_token !== refused) return access.access_token;
  if (!localStorage.getItem(HINT)) throw sessionEnded();
  const response = await sent();
  const body: unknown = await response.json().catch(() => null);
  if (response.status === 401) {
    signedOut();
    throw sessionEnded();
  }
  if (!response.ok) throw fromBody(response.status, body);
  const found = body as Access;
  signedIn(found);
  return found.access_token;
}

async function sent(): Promise<Response> {
  try {
    // `keepalive`: the new cookie must arrive even when the page is left meanwhile.
    return await fetch(REFRESH_URL, {
      method: "POST",
      keepalive: true,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw unanswered(error);
  }
}
