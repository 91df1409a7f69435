import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "./cx";

interface Props {
  title: string;
  lead?: ReactNode;
  aside?: ReactNode;
  /** One reading column, or room for tables. */
  width?: "narrow" | "normal" | "wide";
  children: ReactNode;
}

const widths = { narrow: "max-w-md", normal: "max-w-3xl", wide: "max-w-6xl" };

/** One screen: its title stands in the document's title and takes the focus when the screen opens. */
export function Page({ title, lead, aside, width = "normal", children }: Props) {
  const heading = useTitle(title);
  return (
    <div className={cx("mx-auto flex w-full flex-col gap-6", widths[width])}>
      <header className="flex flex-wrap items-start justify-between gap-4">
        <div className="flex min-w-0 flex-col gap-1">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p className="wrap-anywhere text-muted">{lead}</p>}
        </div>
        {aside}
      </header>
      {children}
    </div>
  );
}

/** Names the document and gives the focus to the heading; for screens with a layout of their own. */
export function useTitle(title: string) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  const name = t("common.product");
  useEffect(() => {
    document.title = `${title} · ${name}`;
  }, [title, name]);
  useEffect(() => heading.current?.focus(), []);
  return heading;
}
