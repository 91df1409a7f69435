import type { ReactNode } from "react";

/** A wide thing that is scrolled sideways, with the keyboard too. */
export function Scroll({
  label,
  className,
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must take the focus to be scrolled with keys
    <section className={`overflow-x-auto ${className ?? ""}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
