import {
  type ComponentProps,
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
} from "react";
import { problemOf, type Violation } from "@/api/problems";
import { useViolationWords } from "@/api/words";
import { Button } from "./button";
import { ErrorState } from "./states";

const NONE: readonly Violation[] = [];
const Refused = createContext<{ error: unknown; violations: readonly Violation[] }>({
  error: null,
  violations: NONE,
});

/** What the server found wrong with the field of this name, until the person changes it. */
export function useViolation(name: string | undefined): string | undefined {
  const { violations } = useContext(Refused);
  const words = useViolationWords();
  const found = name && violations.find(({ field }) => isAt(field, name));
  return found ? words(found.problem) : undefined;
}

/** `job.title` and `weights[2]` stand at the fields `title` and `weights`. */
function isAt(field: string, name: string): boolean {
  const path = field.replace(/\[\d+\]/g, "");
  return field === name || path === name || path.endsWith(`.${name}`);
}

interface Props extends Omit<ComponentProps<"form">, "noValidate"> {
  /** Why the last sending was refused: each violation is shown at the field that it names. */
  error?: unknown;
}

/** A form whose errors stand at their fields, the browser's, the page's and the server's alike. */
export function Form({ error, className = "flex flex-col gap-4", children, onChange, ...rest }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [mended, setMended] = useState<{ error: unknown; names: readonly string[] }>({ error, names: [] });
  const names = mended.error === error ? mended.names : [];
  const violations = problemOf(error).violations.filter(
    ({ field }) => !names.some((name) => isAt(field, name)),
  );
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [error]);
  return (
    <Refused value={{ error, violations: error ? violations : NONE }}>
      <form
        {...rest}
        ref={form}
        noValidate
        className={className}
        onChange={(event) => {
          const { name } = event.target as unknown as HTMLInputElement;
          if (error && name && !names.includes(name)) setMended({ error, names: [...names, name] });
          onChange?.(event);
        }}
      >
        {children}
      </form>
    </Refused>
  );
}

/** Why the form was refused, and the button that sends it. */
export function Submit({ refusal, ...button }: ComponentProps<typeof Button> & { refusal?: ReactNode }) {
  const { error } = useContext(Refused);
  return (
    <>
      {error ? <ErrorState error={error}>{refusal}</ErrorState> : null}
      <Button type="submit" look="primary" {...button} />
    </>
  );
}
