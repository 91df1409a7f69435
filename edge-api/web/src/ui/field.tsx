import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "./cx";
import { useViolation } from "./form";

interface FieldProps {
  /** Finds what the server says of this field. */
  name?: string | undefined;
  label: string;
  hint?: ReactNode;
  /** What is wrong and what to do about it; read aloud when it appears. */
  error?: string | undefined;
  className?: string | undefined;
}

interface Wiring {
  id: string;
  "aria-invalid"?: true;
  "aria-describedby"?: string;
}

/** A label, its control, a hint and an error, tied together for assistive technology. */
export function Field({
  name,
  label,
  hint,
  error: found,
  className,
  children,
}: FieldProps & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const violation = useViolation(name);
  const error = found ?? violation;
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const wiring: Wiring = {
    id,
    ...(error ? { "aria-invalid": true as const } : {}),
    ...(described ? { "aria-describedby": described } : {}),
  };
  return (
    <div className={cx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {children(wiring)}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-sm text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

export function TextField({ label, hint, error, className, ...rest }: FieldProps & ComponentProps<"input">) {
  return (
    <Field name={rest.name} label={label} hint={hint} error={error} className={className}>
      {(wiring) => <input {...rest} {...wiring} className="input" />}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldProps & ComponentProps<"textarea">) {
  return (
    <Field name={rest.name} label={label} hint={hint} error={error} className={className}>
      {(wiring) => <textarea rows={4} {...rest} {...wiring} className="input resize-y" />}
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

/** The system's own list: best with a phone, a keyboard and a screen reader. */
export function Select({
  label,
  hint,
  error,
  className,
  options,
  ...rest
}: FieldProps & ComponentProps<"select"> & { options: readonly Option[] }) {
  return (
    <Field name={rest.name} label={label} hint={hint} error={error} className={className}>
      {(wiring) => (
        <select {...rest} {...wiring} className="input">
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
