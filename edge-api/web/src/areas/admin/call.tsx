/** One recorded call: its figures, what was sent, what came, and what a model says to it now. */

import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { useChange } from "@/api/change";
import { send } from "@/api/client";
import { fromBody } from "@/api/problems";
import { moment, number } from "@/i18n/format";
import { Back, Button, Card, ErrorState, Loaded, Note, Page } from "@/ui";
import { Purpose, Verdict } from "./calls";
import { type Call, callQuery, type Schema } from "./data";

const REPLAY_MS = 90_000;
const ROLES = ["system", "user", "assistant"] as const;

export default function CallScreen() {
  const { t } = useTranslation();
  const { id = "" } = useParams();
  const call = useQuery(callQuery(id));
  return (
    <Page width="wide" title={t("admin.calls.oneTitle")}>
      <Back to="/admin/calls">{t("admin.calls.back")}</Back>
      <Loaded query={call} words={t("admin.calls.loading")}>
        {(found) => (
          <>
            <Figures call={found} />
            {found.messages_json ? <Words call={found} /> : <Erased />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Figures({ call }: { call: Call }) {
  const { t } = useTranslation();
  const facts: [string, React.ReactNode][] = [
    [t("admin.calls.at"), call.created_at && moment(call.created_at)],
    [t("admin.calls.purpose"), <Purpose key="purpose" call={call} />],
    [t("admin.calls.verdict"), <Verdict key="verdict" verdict={call.verdict} />],
    [t("admin.calls.model"), call.model],
    [t("admin.calls.template"), `${call.template_id} ${call.template_hash.slice(0, 8)}`],
    [t("admin.calls.replica"), call.replica],
    [
      t("admin.calls.tokens"),
      [call.prompt_tokens, call.cached_tokens, call.completion_tokens]
        .map((each) => number(each))
        .join(" / "),
    ],
    [t("admin.calls.firstToken"), t("admin.mesh.latencyMs", { n: number(call.first_token_ms) })],
    [t("admin.calls.total"), t("admin.mesh.latencyMs", { n: number(call.total_ms) })],
    [t("admin.turns.interview"), call.interview_id],
  ];
  return (
    <Card>
      <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-2 lg:grid-cols-3">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name} className="min-w-0">
              <dt className="text-sm text-muted">{name}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ))}
      </dl>
    </Card>
  );
}

function Erased() {
  const { t } = useTranslation();
  return (
    <Note>
      <h2>{t("admin.calls.erasedTitle")}</h2>
      <p>{t("admin.calls.erasedText")}</p>
    </Note>
  );
}

interface Message {
  role: string;
  content: string;
}

/** The recorded request is a list of messages, or an object that holds one. */
function messagesOf(json: string): Message[] {
  try {
    const found = JSON.parse(json) as Message[] | { messages?: Message[] };
    return Array.isArray(found) ? found : (found.messages ?? []);
  } catch {
    return [];
  }
}

function Words({ call }: { call: Call }) {
  const { t } = useTranslation();
  return (
    <>
      <Card title={t("admin.calls.messages")}>
        <ol className="flex flex-col gap-4">
          {messagesOf(call.messages_json).map((message, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a recorded list never changes
            <li key={index} className="flex flex-col gap-1">
              <RoleName role={message.role} />
              <Quoted>{message.content}</Quoted>
            </li>
          ))}
        </ol>
      </Card>
      <Card title={t("admin.calls.output")}>
        {call.output ? (
          <Quoted>{call.output}</Quoted>
        ) : (
          <p className="text-muted">{t("admin.calls.noOutput")}</p>
        )}
      </Card>
      <Replay call={call} />
    </>
  );
}

function RoleName({ role }: { role: string }) {
  const { t } = useTranslation();
  const known = ROLES.find((each) => each === role);
  return <h3 className="text-sm text-muted">{known ? t(`admin.calls.roles.${known}`) : role}</h3>;
}

function Quoted({ children }: { children: string }) {
  return <p className="rounded-lg bg-sunken p-3 text-sm break-words whitespace-pre-wrap">{children}</p>;
}

/** Longer than other calls may take: replays queue behind everything that anybody waits for. */
async function replayed(call_id: string): Promise<Schema["ReplayLlmCallResponse"]> {
  const url = new URL(`/api/v1/admin/llm-calls/${encodeURIComponent(call_id)}/replay`, location.origin);
  const response = await send(new Request(url, { method: "POST" }), REPLAY_MS);
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw fromBody(response.status, body);
  return body as Schema["ReplayLlmCallResponse"];
}

function Replay({ call }: { call: Call }) {
  const { t } = useTranslation();
  const replay = useChange((call_id: string) => replayed(call_id));
  return (
    <Card
      title={t("admin.calls.replay")}
      aside={
        <Button
          onClick={() => replay.mutate(call.id)}
          busy={replay.isPending && t("common.state.working")}
          icon={<RotateCw aria-hidden size={18} />}
        >
          {t("admin.calls.replay")}
        </Button>
      }
    >
      <p className="text-muted">{t(replay.isPending ? "admin.calls.replaying" : "admin.calls.replayText")}</p>
      {replay.error && <ErrorState error={replay.error} />}
      {replay.data && (
        <div role="status" className="flex flex-col gap-2">
          <h3>{t("admin.calls.replayOutput")}</h3>
          <Quoted>{replay.data.output}</Quoted>
          <p className="text-sm text-muted">
            {t("admin.calls.replayModel", { model: replay.data.model })} ·{" "}
            {t(replay.data.output === call.output ? "admin.calls.same" : "admin.calls.differs")}
          </p>
        </div>
      )}
    </Card>
  );
}
