import { language } from "./index";
import { LOCALES } from "./language";

export function day(iso: string): string {
  return new Intl.DateTimeFormat(LOCALES[language()], { dateStyle: "medium" }).format(new Date(iso));
}

export function moment(iso: string): string {
  return new Intl.DateTimeFormat(LOCALES[language()], { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(iso),
  );
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(LOCALES[language()], {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

export function percent(share: number): string {
  return new Intl.NumberFormat(LOCALES[language()], { style: "percent", maximumFractionDigits: 0 }).format(
    share,
  );
}

export function bytes(size: number): string {
  const [value, unit] = size < 1024 * 1024 ? [size / 1024, "kilobyte"] : [size / 1024 / 1024, "megabyte"];
  return new Intl.NumberFormat(LOCALES[language()], { style: "unit", unit, maximumFractionDigits: 1 }).format(
    value,
  );
}

/** Minutes and seconds, such as 2:05. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
