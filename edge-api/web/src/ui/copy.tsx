import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button";

/** Copies a text and says that it did; where the browser forbids that, says so and leaves the text to be marked. */
export function CopyButton({ text, label, children }: { text: string; label?: string; children?: string }) {
  const { t } = useTranslation();
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const copy = async () => {
    setState((await copied(text)) ? "copied" : "failed");
    setTimeout(() => setState("idle"), 4000);
  };
  const Icon = state === "copied" ? Check : Copy;
  return (
    <span className="inline-flex items-center gap-2">
      <Button
        size="small"
        aria-label={label}
        onClick={() => void copy()}
        icon={<Icon aria-hidden size={16} />}
      >
        {children ?? t("common.copy.action")}
      </Button>
      <span role="status" className="text-sm text-muted empty:hidden">
        {state !== "idle" && t(`common.copy.${state}`)}
      </span>
    </span>
  );
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedTheOldWay(text);
  }
}

/** Plain HTTP has no clipboard API. */
function copiedTheOldWay(text: string): boolean {
  const area = Object.assign(document.createElement("textarea"), { value: text });
  area.style.position = "fixed";
  const host = document.querySelector("dialog[open]") ?? document.body;
  host.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
