import { CircleAlert, RotateCw } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "@/api/problems";
import { useProblemWords } from "@/api/words";
import { Button } from "./button";
import { cx } from "./cx";

const SLOW_MS = 4000;

/** Waiting, in words; says so when it takes longer than usual. The request's own deadline ends it. */
export function Loading({ words, lines = 3 }: { words: string; lines?: number }) {
  const { t } = useTranslation();
  const slow = useAfter(SLOW_MS);
  return (
    <div className="flex flex-col gap-3 py-4">
      <p role="status" className="text-muted">
        {words}
        {slow && <span className="block">{t("common.state.slow")}</span>}
      </p>
      <div aria-hidden className="flex flex-col gap-2">
        {Array.from({ length: lines }, (_, line) => `line ${line}`).map((line, at) => (
          <div
            key={line}
            className={cx("h-4 animate-pulse rounded bg-sunken", at === lines - 1 && "w-2/3")}
          />
        ))}
      </div>
    </div>
  );
}

export function useAfter(delayMs: number): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), delayMs);
    return () => clearTimeout(timer);
  }, [delayMs]);
  return passed;
}

/** What went wrong, what to do about it, and the way on. */
export function ErrorState({
  error,
  onRetry,
  children,
}: {
  error: unknown;
  onRetry?: () => void;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const words = useProblemWords()(error);
  const { incident } = problemOf(error);
  return (
    <div role="alert" className="flex flex-col items-start gap-3 rounded-lg bg-bad-soft p-4">
      <p className="flex gap-2 font-medium text-bad">
        <CircleAlert aria-hidden size={20} className="mt-0.5 shrink-0" />
        {words.what}
      </p>
      <p>{words.remedy}</p>
      {incident && <p className="text-sm text-muted">{t("common.state.incident", { incident })}</p>}
      {(onRetry || children) && (
        <div className="flex flex-wrap gap-2">
          {onRetry && (
            <Button size="small" onClick={onRetry} icon={<RotateCw aria-hidden size={16} />}>
              {t("common.action.retry")}
            </Button>
          )}
          {children}
        </div>
      )}
    </div>
  );
}

export function EmptyState({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-start gap-3 rounded-lg border border-dashed border-line-strong p-6">
      <p className="font-medium">{title}</p>
      {children && <div className="text-muted">{children}</div>}
      {action}
    </div>
  );
}

interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** The three ends of a query: waiting in words, an error with its way on, or what was asked for. */
export function Loaded<T>({
  query,
  words,
  children,
}: {
  query: QueryLike<T>;
  words: string;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading words={words} />;
}
