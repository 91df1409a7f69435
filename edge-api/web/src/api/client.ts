import createClient from "openapi-fetch";
import { accessToken, presentToken } from "./login";
import { fromBody, unanswered } from "./problems";
import type { paths } from "./schema";

const TIMEOUT_MS = 15_000;
const PUBLIC = /^\/api\/v1\/(auth\/(register|login)|invitations\/(lookup|acceptance))$/;

/** A key that makes a repeated change happen once. Works on plain HTTP too, unlike `randomUUID`. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** Sends with a deadline and the login's token; a refused token is renewed once, and the request repeated. */
export async function send(request: Request, timeoutMs = TIMEOUT_MS): Promise<Response> {
  const again = request.clone();
  const isPublic = PUBLIC.test(new URL(request.url).pathname);
  const token = isPublic ? presentToken() : await accessToken();
  const response = await sendOnce(request, token, timeoutMs);
  if (response.status !== 401 || isPublic || !token) return response;
  return sendOnce(again, await accessToken(token), timeoutMs);
}

async function sendOnce(request: Request, token: string | null, timeoutMs: number): Promise<Response> {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(request, {
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]),
    });
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw unanswered(error);
  }
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => send(request) });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer, or an ApiError: `await read(api.GET("/api/v1/me"))`. */
export async function read<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw fromBody(response.status, error);
  return data as T;
}

/** The header of a change: with one key, however often it is sent, it happens once. */
export function keyed(key: string = newKey()): { "Idempotency-Key": string } {
  return { "Idempotency-Key": key };
}

/** A file of the API with the login's token. */
export async function fetchFile(path: string, timeoutMs = 60_000): Promise<Blob> {
  const response = await send(new Request(new URL(path, location.origin)), timeoutMs);
  if (!response.ok) throw fromBody(response.status, await response.json().catch(() => null));
  return response.blob();
}

/** The same, for saving. */
export async function download(path: string, name: string, timeoutMs?: number): Promise<void> {
  const url = URL.createObjectURL(await fetchFile(path, timeoutMs));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
