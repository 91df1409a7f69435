import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";
import { cx } from "./cx";

export type Look = "primary" | "secondary" | "quiet" | "danger";
type Size = "normal" | "small" | "large";

const looks: Record<Look, string> = {
  primary: "bg-accent text-on-accent border-accent hover:bg-accent-strong hover:border-accent-strong",
  secondary: "bg-surface text-ink border-line-strong hover:bg-sunken",
  quiet: "bg-transparent text-ink border-transparent hover:bg-sunken",
  danger: "bg-surface text-bad border-bad hover:bg-bad-soft",
};
const sizes: Record<Size, string> = {
  small: "min-h-9 px-3 text-sm",
  normal: "min-h-11 px-4",
  large: "min-h-12 px-6 text-lg",
};

function style(look: Look, size: Size, extra?: string): string {
  return cx(
    "inline-flex items-center justify-center gap-2 rounded-lg border font-medium transition-colors",
    "disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:opacity-60",
    looks[look],
    sizes[size],
    extra,
  );
}

interface Props extends ComponentProps<"button"> {
  look?: Look;
  size?: Size;
  icon?: ReactNode;
  /** What is being done, in words: the button stays in place, says so and takes no second press. */
  busy?: string | false | null;
}

export function Button({
  look = "secondary",
  size = "normal",
  icon,
  busy,
  className,
  children,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      {...rest}
      onClick={busy ? (event) => event.preventDefault() : rest.onClick}
      aria-disabled={busy ? true : rest["aria-disabled"]}
      className={style(look, size, className)}
    >
      {busy ? <LoaderCircle aria-hidden size={18} className="shrink-0 animate-spin" /> : icon}
      <span>{busy || children}</span>
    </button>
  );
}

interface LinkButtonProps extends LinkProps {
  look?: Look;
  size?: Size;
  icon?: ReactNode;
}

export function LinkButton({
  look = "secondary",
  size = "normal",
  icon,
  className,
  children,
  ...rest
}: LinkButtonProps) {
  return (
    <Link {...rest} className={style(look, size, cx("no-underline", className))}>
      {icon}
      <span>{children}</span>
    </Link>
  );
}

/** A button of one icon; its name is read aloud and shown on hover. */
export function IconButton({
  label,
  children,
  className,
  ...rest
}: ComponentProps<"button"> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={cx(
        "inline-flex size-11 items-center justify-center rounded-lg text-muted transition-colors hover:bg-sunken hover:text-ink disabled:opacity-50",
        className,
      )}
    >
      {children}
    </button>
  );
}
