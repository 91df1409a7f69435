/** What was recorded of an interview, to be heard beside its report. Shows nothing where nothing is there. */

import { useQuery } from "@tanstack/react-query";
import { Headphones } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { clock, moment } from "@/i18n/format";
import { Button, Card, ErrorState } from "@/ui";
import { cuts } from "./cuts";
import { recordingsQuery, soundQuery, turnsQuery } from "./data";

export function Recordings({ interviewId }: { interviewId: string }) {
  const { t } = useTranslation();
  const { data = [], error, refetch } = useQuery(recordingsQuery(interviewId));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data.length === 0) return null;
  return (
    <Card title={t("recruiter.report.recordings.title")}>
      <p className="text-sm text-muted">{t("recruiter.report.recordings.text")}</p>
      <ul className="flex flex-col gap-3">
        {data.map(({ name, begun_at }) => {
          const time = begun_at ? moment(begun_at) : name;
          return (
            <li key={name}>
              <Player
                interviewId={interviewId}
                name={name}
                listen={t("recruiter.report.recordings.listen", { time })}
                playing={t("recruiter.report.recordings.player", { time })}
              />
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

/** The question and its answer, where they were recorded: from when it was asked until it was submitted. */
export function AnswerSound({ interviewId, turnId }: { interviewId: string; turnId: string }) {
  const { t } = useTranslation();
  const { data = [] } = useQuery(recordingsQuery(interviewId));
  const turn = useQuery(turnsQuery(interviewId)).data?.find(({ id }) => id === turnId);
  return cuts(data, turn?.question?.asked_at, turn?.answer?.submitted_at).map(({ name, from, to }) => {
    const words = { n: turn?.number, time: clock(from) };
    return (
      <Player
        key={name}
        interviewId={interviewId}
        name={name}
        part={`#t=${from},${to}`}
        listen={t("recruiter.report.recordings.listenAnswer", words)}
        playing={t("recruiter.report.recordings.playerAnswer", words)}
      />
    );
  });
}

interface PlayerProps {
  interviewId: string;
  name: string;
  /** A media fragment: what of it is played. */
  part?: string;
  listen: string;
  playing: string;
}

/** An element of sound sends no token, so the file is fetched first, once somebody wants to hear it. */
function Player({ interviewId, name, part = "", listen, playing }: PlayerProps) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState(false);
  const sound = useQuery({ ...soundQuery(interviewId, name), enabled: wanted });
  const url = useUrl(wanted ? sound.data : undefined);
  if (url)
    return (
      // biome-ignore lint/a11y/useMediaCaption: the report beside it is its text
      <audio ref={focus} controls src={url + part} aria-label={playing} className="w-full" />
    );
  return (
    <>
      <Button
        onClick={() => (wanted ? void sound.refetch() : setWanted(true))}
        busy={sound.isFetching && t("common.state.working")}
        icon={<Headphones aria-hidden size={18} />}
      >
        {listen}
      </Button>
      {sound.error && <ErrorState error={sound.error} />}
    </>
  );
}

/** A URL of the file for as long as it is shown. */
function useUrl(file: Blob | undefined): string {
  const [url, setUrl] = useState("");
  useEffect(() => {
    if (!file) return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}

/** The button that was pressed is gone: the keyboard goes on where it was. */
const focus = (player: HTMLAudioElement | null) => player?.focus();
