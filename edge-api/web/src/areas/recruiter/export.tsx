/** Takes a list along as the CSV file that the server writes. */

import { useState } from "react";
import { download } from "@/api/client";
import type { InterviewFilter } from "./data";

export function useExport(filter: InterviewFilter) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      const query = new URLSearchParams({ ...filter });
      await download(`/api/v1/interviews.csv?${query}`, "viva-interviews.csv", 120_000);
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return { run, busy, error };
}
