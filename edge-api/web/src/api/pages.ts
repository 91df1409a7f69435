import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";

interface PageOf<Row> {
  rows: Row[];
  /** Where the next page starts; empty after the last. */
  next: string;
}

/** A list that the API gives page by page, as the props of a table. */
export function usePages<Row>(
  queryKey: QueryKey,
  load: (pageToken: string, signal: AbortSignal) => Promise<PageOf<Row>>,
  { enabled = true, refetchInterval }: { enabled?: boolean; refetchInterval?: number } = {},
) {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last: PageOf<Row>) => last.next || undefined,
    enabled,
    ...(refetchInterval ? { refetchInterval } : {}),
  });
  return {
    rows: query.data?.pages.flatMap((page) => page.rows),
    error: query.error,
    onRetry: () => void query.refetch(),
    onMore: query.hasNextPage ? () => void query.fetchNextPage() : undefined,
    loadingMore: query.isFetchingNextPage,
  };
}
