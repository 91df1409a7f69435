/** A plain text area with line numbers: keyboard, screen reader and phone need nothing more. Knows no language. */

import { type Ref, useId, useImperativeHandle, useMemo, useRef } from "react";
import { cx } from "@/ui";

const LINE_PX = 22;

export interface EditorHandle {
  /** Puts the cursor there; both count from 1. */
  go: (line: number, column: number) => void;
}

interface Props {
  label: string;
  hint?: string;
  value: string;
  /** Without it the text can only be read. */
  onChange?: (value: string) => void;
  problems: readonly { line: number; reason: string }[];
  ref?: Ref<EditorHandle>;
}

export function Editor({ label, hint, value, onChange, problems, ref }: Props) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => value.split("\n"), [value]);
  const marked = new Set(problems.map((problem) => problem.line));
  useImperativeHandle(ref, () => ({
    go: (line, column) => {
      const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
      const from = Math.min(start + column - 1, value.length);
      area.current?.focus();
      area.current?.setSelectionRange(from, Math.max(from, start + (lines[line - 1]?.length ?? 0)));
      area.current?.scrollTo({ top: (line - 4) * LINE_PX });
    },
  }));
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      <div className="flex h-[60vh] min-h-80 overflow-hidden rounded-lg border border-line-strong font-mono text-sm has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent">
        <div
          ref={gutter}
          aria-hidden
          className="w-14 shrink-0 overflow-hidden border-r border-line bg-sunken py-2 text-right text-muted select-none"
        >
          {lines.map((_, index) => (
            <div
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
              key={index}
              style={{ height: LINE_PX, lineHeight: `${LINE_PX}px` }}
              className={cx("pr-3", marked.has(index + 1) && "bg-bad-soft font-bold text-bad")}
            >
              {index + 1}
            </div>
          ))}
        </div>
        <textarea
          id={id}
          ref={area}
          value={value}
          readOnly={!onChange}
          onChange={(event) => onChange?.(event.target.value)}
          onScroll={(event) => gutter.current?.scrollTo({ top: event.currentTarget.scrollTop })}
          wrap="off"
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          aria-invalid={problems.length > 0 || undefined}
          aria-describedby={hint ? `${id}-hint` : undefined}
          style={{ lineHeight: `${LINE_PX}px` }}
          className="min-w-0 flex-1 resize-none overflow-auto bg-surface px-3 py-2 whitespace-pre outline-none"
        />
      </div>
    </div>
  );
}
