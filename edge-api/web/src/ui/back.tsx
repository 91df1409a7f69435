import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

/** The way back from one thing to the list it stands in. */
export function Back({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link
      to={to}
      className="-mb-2 inline-flex min-h-9 items-center gap-1 self-start text-muted no-underline hover:text-ink"
    >
      <ArrowLeft aria-hidden size={16} />
      {children}
    </Link>
  );
}
