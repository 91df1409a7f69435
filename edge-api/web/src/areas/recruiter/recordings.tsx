/** What was recorded of an interview, to be heard beside its report. Shows nothing where nothing is there. */

import { useQuery } from "@tanstack/react-query";
import { Headphones } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/change";
import { fetchFile } from "@/api/client";
import { moment } from "@/i18n/format";
import { Button, Card, ErrorState } from "@/ui";
import { recordingsQuery } from "./data";

const LONGEST_MS = 300_000; // an hour of sound is about 60 MB

export function Recordings({ interviewId }: { interviewId: string }) {
  const { t } = useTranslation();
  const { data = [], error, refetch } = useQuery(recordingsQuery(interviewId));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data.length === 0) return null;
  return (
    <Card title={t("recruiter.report.recordings.title")}>
      <p className="text-sm text-muted">{t("recruiter.report.recordings.text")}</p>
      <ul className="flex flex-col gap-3">
        {data.map(({ name, begun_at }) => (
          <li key={name}>
            <Player
              path={`/api/v1/interviews/${interviewId}/recordings/${name}`}
              time={begun_at ? moment(begun_at) : name}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** An element of sound sends no token, so the file is fetched first, once somebody wants to hear it. */
function Player({ path, time }: { path: string; time: string }) {
  const { t } = useTranslation();
  const [url, setUrl] = useState("");
  const fetching = useChange(() =>
    fetchFile(path, LONGEST_MS).then((file) => setUrl(URL.createObjectURL(file))),
  );
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  if (url)
    return (
      // biome-ignore lint/a11y/useMediaCaption: the report beside it is its text
      <audio
        ref={focus}
        controls
        src={url}
        aria-label={t("recruiter.report.recordings.player", { time })}
        className="w-full"
      />
    );
  return (
    <>
      <Button
        onClick={() => fetching.mutate(undefined)}
        busy={fetching.isPending && t("common.state.working")}
        icon={<Headphones aria-hidden size={18} />}
      >
        {t("recruiter.report.recordings.listen", { time })}
      </Button>
      {fetching.error && <ErrorState error={fetching.error} />}
    </>
  );
}

/** The button that was pressed is gone: the keyboard goes on where it was. */
const focus = (player: HTMLAudioElement | null) => player?.focus();
