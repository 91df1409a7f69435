import { ArrowDown, ArrowUp, ArrowUpDown } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button";
import { cx } from "./cx";
import { TextField } from "./field";
import { EmptyState, ErrorState, Loading } from "./states";

export interface Column<Row> {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** What the column is sorted by; without it the column does not sort. */
  sortBy?: (row: Row) => string | number;
  numeric?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[] | undefined;
  rowId: (row: Row) => string;
  /** The text that the filter looks in; without it there is no filter. */
  filterText?: (row: Row) => string;
  /** More filters beside the text one. */
  filters?: ReactNode;
  loading: string;
  error?: unknown;
  onRetry?: () => void;
  empty: ReactNode;
  /** Loads the next page; absent when everything is here. */
  onMore?: (() => void) | undefined;
  loadingMore?: boolean;
}

interface Sorting {
  column: string;
  descending: boolean;
}

/** A list with its five states: loading, error, empty, nothing found, and full. */
export function Table<Row>(props: Props<Row>) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState("");
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const shown = useMemo(() => arranged(props, filter, sorting), [props, filter, sorting]);
  const { rows, error } = props;
  if (rows === undefined) {
    return error ? (
      <ErrorState error={error} {...(props.onRetry ? { onRetry: props.onRetry } : {})} />
    ) : (
      <Loading words={props.loading} />
    );
  }
  const filtered = props.filterText || props.filters;
  if (rows.length === 0 && !props.filters) return props.empty;
  return (
    <div className="flex flex-col gap-3">
      {filtered && (
        <div className="flex flex-wrap items-end gap-3">
          {props.filterText && (
            <TextField
              label={t("common.table.filter")}
              type="search"
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
              className="w-full sm:w-64"
            />
          )}
          {props.filters}
        </div>
      )}
      <p role="status" className="sr-only">
        {t("common.table.shown", { shown: shown.length, all: rows.length })}
      </p>
      {rows.length === 0 ? (
        props.empty
      ) : (
        <Rows {...props} shown={shown} sorting={sorting} onSort={setSorting} />
      )}
      {rows.length > 0 && shown.length === 0 && <EmptyState title={t("common.table.nothingFound")} />}
      {props.onMore && (
        <Button
          onClick={props.onMore}
          busy={props.loadingMore ? t("common.state.loadingMore") : null}
          className="self-center"
        >
          {t("common.table.more")}
        </Button>
      )}
    </div>
  );
}

function arranged<Row>(
  { rows = [], columns, filterText }: Props<Row>,
  filter: string,
  sorting: Sorting | null,
): Row[] {
  const wanted = filter.trim().toLowerCase();
  const found =
    wanted && filterText ? rows.filter((row) => filterText(row).toLowerCase().includes(wanted)) : [...rows];
  const value = columns.find((column) => column.id === sorting?.column)?.sortBy;
  if (!value) return found;
  const sign = sorting?.descending ? -1 : 1;
  return found.sort((one, other) => sign * compare(value(one), value(other)));
}

function compare(one: string | number, other: string | number): number {
  return typeof one === "number" && typeof other === "number"
    ? one - other
    : String(one).localeCompare(String(other));
}

interface RowsProps<Row> extends Props<Row> {
  shown: readonly Row[];
  sorting: Sorting | null;
  onSort: (sorting: Sorting) => void;
}

function Rows<Row>({ caption, columns, shown, rowId, sorting, onSort }: RowsProps<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard
    <section className="card overflow-x-auto" tabIndex={0} aria-label={caption}>
      <table className="w-full border-collapse text-left">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line text-sm text-muted">
            {columns.map((column) => (
              <Head key={column.id} column={column} sorting={sorting} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={rowId(row)} className="border-b border-line last:border-0 hover:bg-sunken">
              {columns.map((column) => (
                <td key={column.id} className={cx("px-4 py-3 align-top", column.numeric && "text-right")}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Head<Row>({
  column,
  sorting,
  onSort,
}: {
  column: Column<Row>;
  sorting: Sorting | null;
  onSort: (sorting: Sorting) => void;
}) {
  const sorted = sorting?.column === column.id;
  const direction = sorted ? (sorting.descending ? "descending" : "ascending") : "none";
  const look = cx("px-4 py-2 font-medium", column.numeric ? "text-right" : "whitespace-nowrap");
  if (!column.sortBy) {
    return (
      <th scope="col" className={look}>
        {column.title}
      </th>
    );
  }
  const Icon = { none: ArrowUpDown, ascending: ArrowUp, descending: ArrowDown }[direction];
  return (
    <th scope="col" aria-sort={direction} className={look}>
      <button
        type="button"
        className={cx(
          "inline-flex min-h-8 items-center gap-1 hover:text-ink",
          column.numeric && "text-right",
        )}
        onClick={() => onSort({ column: column.id, descending: sorted && !sorting.descending })}
      >
        {column.title}
        <Icon aria-hidden size={14} />
      </button>
    </th>
  );
}
