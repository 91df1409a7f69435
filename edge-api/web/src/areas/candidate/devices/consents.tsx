import { useTranslation } from "react-i18next";
import type { ConsentText } from "@/api/types";
import { Switch } from "@/ui";
import { hindrance, type Purpose, type Wishes } from "./choices";

/** One switch for each purpose, all off until the person turns them on. */
export function Consents({
  texts,
  wishes,
  agreed,
  onAgree,
}: {
  texts: readonly ConsentText[];
  wishes: Wishes;
  agreed: ReadonlySet<Purpose>;
  onAgree: (agreed: ReadonlySet<Purpose>) => void;
}) {
  const turned = (purpose: Purpose, on: boolean) => {
    const next = new Set(agreed);
    if (on) next.add(purpose);
    else next.delete(purpose);
    onAgree(next);
  };
  return (
    <div className="flex flex-col gap-4">
      {texts.map((text) => (
        <Choice key={text.purpose} {...{ text, wishes, agreed }} onTurn={(on) => turned(text.purpose, on)} />
      ))}
    </div>
  );
}

/** The file breaks its lines for editors; a screen breaks them where it is narrow. */
function unwrapped(text: string): string {
  return text.replace(/(?<!\n)\n(?![\n-])\s*/g, " ");
}

function Choice({
  text,
  wishes,
  agreed,
  onTurn,
}: {
  text: ConsentText;
  wishes: Wishes;
  agreed: ReadonlySet<Purpose>;
  onTurn: (on: boolean) => void;
}) {
  const { t } = useTranslation();
  const hindered = hindrance(text.purpose, wishes, agreed);
  const need = text.required ? "candidate.setup.consent.required" : "candidate.setup.consent.optional";
  return (
    <div data-testid={`consent-${text.purpose}`} className="border-t border-line pt-4">
      <Switch
        label={text.title}
        hint={
          <>
            <span className="font-medium">
              {t(hindered ? `candidate.setup.consent.hindrance.${hindered}` : need)}
            </span>
            <span className="mt-1 block whitespace-pre-line">{unwrapped(text.text)}</span>
          </>
        }
        checked={agreed.has(text.purpose) && !hindered}
        onChange={onTurn}
        disabled={hindered !== null}
      />
    </div>
  );
}
