import type { Interview, Turn } from "@/api/types";
import { Captions } from "./captions";
import { useOutbox } from "./outbox";
import { SpokenAnswer } from "./spoken-answer";
import type { RoomState } from "./state";
import { TypedAnswer } from "./typed-answer";
import { useDraft } from "./use-draft";
import type { Media } from "./use-media";

export type Way = "spoken" | "typed";

interface Props {
  state: RoomState;
  turn: Turn;
  interview: Interview;
  media: Media;
  /** How the person answers now. */
  way: Way;
  onWay: (way: Way) => void;
}

/** The answer to one turn, spoken or typed as the person likes. `key` it with the turn's id. */
export function Answer({ state, turn, interview, media, way, onWay }: Props) {
  const outbox = useOutbox(interview.id, turn.id);
  const draft = useDraft(interview.id, turn, outbox.pendingText ?? turn.draft);
  const open = turn.status === "answering" && interview.status === "in_progress";
  const common = { outbox, draft, open };
  return (
    <>
      <Captions state={state} />
      {way === "spoken" ? (
        <SpokenAnswer {...common} turn={turn} media={media} onType={() => onWay("typed")} />
      ) : (
        <TypedAnswer
          {...common}
          spokenBefore={turn.segments > 0 || state.utterances.length > 0 || Boolean(state.caption?.committed)}
          onSpeak={media.possible ? () => onWay("spoken") : null}
        />
      )}
    </>
  );
}
