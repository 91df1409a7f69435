import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useParams } from "react-router";
import { api, read } from "@/api/client";
import type { Interview } from "@/api/types";
import { clock } from "@/i18n/format";
import { LanguageSwitch, ThemeSwitch } from "@/shell/switches";
import { cx, Loaded, useTitle } from "@/ui";
import { type Capturing, capturing, NOTHING } from "./devices/choices";
import { Preview } from "./devices/preview";
import { Answer, type Way } from "./room/answer";
import { ConnectionState } from "./room/connection";
import { Leaving } from "./room/leaving";
import { MediaWords } from "./room/media-words";
import { Presence } from "./room/presence";
import { Paused, QuestionActions, QuestionText } from "./room/question";
import { Sound } from "./room/sound";
import { Stages } from "./room/stages";
import { isOver, presence, type RoomState } from "./room/state";
import { useSecondsLeft } from "./room/use-clock";
import { type Media, useMedia, useMuted } from "./room/use-media";
import { useRoom } from "./room/use-room";

/** The interview room: the question on one side, the person and the answer on the other. */
export function Component() {
  const { t } = useTranslation();
  const { id = "" } = useParams();
  const query = useQuery(roomQuery(id));
  return (
    <main id="main" className="mx-auto flex min-h-dvh w-full max-w-5xl flex-col gap-6 px-4 py-4">
      <Loaded query={query} words={t("candidate.room.loading")}>
        {({ interview, wish }) =>
          interview ? <Room first={interview} wish={wish} /> : <Navigate to="/home" replace />
        }
      </Loaded>
    </main>
  );
}

const roomQuery = (id: string) =>
  queryOptions({
    queryKey: ["room", id],
    queryFn: () => opened(id),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Read anew whenever the room is entered, and not while somebody is in it: from there on its socket tells. */
export function ahead(queries: QueryClient, { id = "" }: { id?: string }): void {
  queries.removeQueries({ queryKey: ["room", id] });
  void queries.prefetchQuery(roomQuery(id));
}

/** The interview and what it may capture: nothing is opened before the consents are known. */
async function opened(id: string) {
  const params = { path: { interview_id: id } };
  const [{ interview }, { consents }] = await Promise.all([
    read(api.GET("/api/v1/interviews/{interview_id}", { params })),
    read(api.GET("/api/v1/interviews/{interview_id}/consents", { params })),
  ]);
  return { interview, wish: interview ? capturing(interview, consents) : NOTHING };
}

function Room({ first, wish }: { first: Interview; wish: Capturing }) {
  const { t } = useTranslation();
  const { state, dispatch, connection, aheadMs, reconnect } = useRoom(first);
  const interview = state.interview ?? first;
  const running = interview.status === "in_progress" || interview.status === "paused";
  const media = useMedia(first.id, running ? wish : NOTHING, dispatch);
  const take = (found: Interview) => dispatch({ type: "snapshot", interview: found });
  if (interview.status === "created")
    return <Navigate to={`/interviews/new?interview=${interview.id}`} replace />;
  if (isOver(interview)) return <Navigate to={`/interviews/${interview.id}/done`} replace />;
  const now = media.voice === "speaking" ? "speaking" : presence(state, connection !== "ended");
  return (
    <>
      <Header interview={interview} onEnded={take}>
        <ConnectionState connection={connection} onRetry={reconnect} />
      </Header>
      <Stages interview={interview} />
      <div className="grid gap-6 lg:grid-cols-[3fr_4fr]">
        <section aria-label={t("candidate.room.question")} className="flex flex-col gap-6">
          <Presence state={now} />
          <Sound stream={media.sound} />
          <QuestionText state={state} thinking={now === "thinking"} />
          <QuestionActions state={state} media={media} onInterview={take} />
        </section>
        <AnswerSide {...{ state, interview, media, wish, aheadMs }} onInterview={take} />
      </div>
    </>
  );
}

function Header({
  interview,
  onEnded,
  children,
}: {
  interview: Interview;
  onEnded: (interview: Interview) => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const title = t(interview.practice ? "candidate.room.practiceTitle" : "candidate.room.title");
  const heading = useTitle(title);
  return (
    <header className="flex flex-wrap items-center justify-between gap-2">
      <h1 ref={heading} tabIndex={-1} className="text-base">
        {title}
      </h1>
      {children}
      <div className="flex items-center">
        <LanguageSwitch />
        <ThemeSwitch />
        <Leaving interview={interview} onEnded={onEnded} />
      </div>
    </header>
  );
}

interface AnswerSideProps {
  state: RoomState;
  interview: Interview;
  media: Media;
  wish: Capturing;
  aheadMs: number;
  onInterview: (found: Interview) => void;
}

function AnswerSide({ state, interview, media, wish, aheadMs, onInterview }: AnswerSideProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<Way>("spoken");
  const { turn } = state;
  const paused = interview.status === "paused";
  const way = media.possible ? chosen : "typed";
  const muted = way === "typed" || paused;
  useMuted(media, muted);
  return (
    <section aria-label={t("candidate.room.answer.label")} className="card flex flex-col gap-4 p-4 sm:p-6">
      <div className="flex items-start gap-4">
        {wish.video && !media.captured?.video && (
          <Preview stream={media.captured?.stream ?? null} className="w-28 shrink-0 sm:w-44" />
        )}
        <div className="flex min-w-0 grow flex-col gap-2">
          <TimeLeft dueAt={paused ? null : (turn?.answer_due_at ?? null)} aheadMs={aheadMs} />
          {wish.audio && <MediaWords media={media} muted={muted} />}
        </div>
      </div>
      {paused && <Paused interview={interview} onInterview={onInterview} />}
      {turn && <Answer key={turn.id} {...{ state, turn, interview, media, way }} onWay={setChosen} />}
    </section>
  );
}

function TimeLeft({ dueAt, aheadMs }: { dueAt: string | null; aheadMs: number }) {
  const { t } = useTranslation();
  const left = useSecondsLeft(dueAt, aheadMs);
  if (left === null) return null;
  const soon = left <= 30;
  return (
    <p className={cx(soon ? "font-medium text-warn" : "text-muted")}>
      {left > 0 ? t("candidate.room.timeLeft", { time: clock(left) }) : t("candidate.room.timeUp")}
      <span role="status" className="sr-only">
        {soon && left > 0 ? t("candidate.room.timeSoon") : ""}
      </span>
    </p>
  );
}
