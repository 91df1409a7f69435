import { useTranslation } from "react-i18next";
import { Badge, Button, type Tone } from "@/ui";
import type { Connection } from "./socket";
import { useHeldFor } from "./use-clock";

const tones: Record<Connection, Tone> = {
  connecting: "neutral",
  open: "good",
  waiting: "warn",
  offline: "bad",
  ended: "bad",
};

export function ConnectionState({ connection, onRetry }: { connection: Connection; onRetry: () => void }) {
  const { t } = useTranslation();
  const long = useHeldFor(connection !== "open", 10_000);
  return (
    <div className="flex items-center gap-2">
      <span role="status">
        <Badge tone={tones[connection]}>{t(`candidate.room.connection.${connection}`)}</Badge>
      </span>
      {long && (
        <Button size="small" onClick={onRetry}>
          {t("candidate.room.connection.retry")}
        </Button>
      )}
    </div>
  );
}
