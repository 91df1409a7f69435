import { newKey } from "@/api/client";
import { accessToken } from "@/api/login";
import { fromBody, offline, timedOut } from "@/api/problems";
import type { Resume } from "@/api/types";
import { language } from "@/i18n";

const TIMEOUT_MS = 120_000;
export const MOST_BYTES = 20 * 1024 * 1024;

/** Sends a résumé and tells how much has gone: `fetch` cannot, so this is the one older request. */
export async function uploadResume(
  file: File,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<Resume> {
  const token = await accessToken();
  const query = new URLSearchParams({ file_name: file.name, language: language() });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/resumes?${query}`);
    request.timeout = TIMEOUT_MS;
    request.responseType = "json";
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Idempotency-Key", newKey());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onShare(total ? loaded / total : 0);
    request.onload = () =>
      request.status === 201
        ? resolve(request.response as Resume)
        : reject(fromBody(request.status, request.response));
    request.onerror = () => reject(offline());
    request.onabort = () => reject(offline());
    request.ontimeout = () => reject(timedOut());
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
