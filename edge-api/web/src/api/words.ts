import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "./problems";

interface Words {
  what: string;
  remedy: string;
}

const byStatus: Record<
  number,
  "INVALID_FIELD" | "TOKEN_REFUSED" | "NOT_ALLOWED" | "NOT_FOUND" | "TOO_MANY" | "UNAVAILABLE" | "TIMEOUT"
> = {
  400: "INVALID_FIELD",
  401: "TOKEN_REFUSED",
  403: "NOT_ALLOWED",
  404: "NOT_FOUND",
  429: "TOO_MANY",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "TIMEOUT",
};

/** A refusal in the reader's language: by its reason, else by its status. */
export function useProblemWords(): (error: unknown) => Words {
  const { t, i18n } = useTranslation();
  return useCallback(
    (error: unknown) => {
      const { reason, status } = problemOf(error);
      // Reasons come from the server, so their keys are looked up and not typed.
      const known = i18n.exists(`common.problem.${reason}.what`)
        ? (reason as "NOT_FOUND")
        : (byStatus[status] ?? "UNEXPECTED");
      return { what: t(`common.problem.${known}.what`), remedy: t(`common.problem.${known}.remedy`) };
    },
    [t, i18n],
  );
}

type Told = "most" | "length" | "range" | "entries" | "address" | "plain" | "moment";

/** How the services say what is wrong with a value, most particular first. */
const told: readonly (readonly [RegExp, Told])[] = [
  [/^must have (?:0 to|at most) (?<most>\d+) characters/, "most"],
  [/^must have (?<least>\d+) to (?<most>\d+) characters/, "length"],
  [/^must have (?<least>\d+) to (?<most>\d+) entries/, "entries"],
  [/^must be (?<least>[\d.]+) to (?<most>[\d.]+),/, "range"],
  [/^is not an address/, "address"],
  [/^holds a control character/, "plain"],
  [/^must lie (?:in the future|within)/, "moment"],
];

/** What the server found wrong with one field, in the reader's language. */
export function useViolationWords(): (problem: string) => string {
  const { t } = useTranslation();
  return (problem) => {
    for (const [shape, name] of told) {
      const found = shape.exec(problem);
      if (found) return t(`common.violation.${name}`, { replace: found.groups ?? {} });
    }
    return t("common.violation.other");
  };
}
