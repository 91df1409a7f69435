import { queryOptions } from "@tanstack/react-query";
import type { Language } from "@/i18n";
import { api, read } from "./client";

/** The texts to agree to, and how long data is kept where no company says otherwise. */
export const consentTextsQuery = (language: Language) =>
  queryOptions({
    queryKey: ["consent-texts", language],
    queryFn: () => read(api.GET("/api/v1/consent-texts", { params: { query: { language } } })),
    staleTime: 5 * 60_000,
  });
