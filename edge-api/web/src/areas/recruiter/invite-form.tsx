/** Addresses in, links out: the links are there now and never again. */

import { Download } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/api/change";
import { api, read } from "@/api/client";
import { saveFile, toCsv } from "@/api/files";
import { Button, Card, type Column, CopyButton, Form, Note, Submit, Table, TextArea, TextField } from "@/ui";
import { type Pasted, readAddresses } from "./addresses";
import type { Job, Schema } from "./data";

const MOST_AT_ONCE = 500;
const LONGEST_DAYS = 366;
const DAY_MS = 86_400_000;
const USUAL_DAYS = 14;

interface Made {
  id: string;
  email: string;
  link: string;
}

export function InviteForm({ job }: { job: Job }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [deadline, setDeadline] = useState(() => dayFromNow(USUAL_DAYS));
  const [tried, setTried] = useState(false);
  const [made, setMade] = useState<Made[]>([]);
  const pasted = readAddresses(text);
  const invite = useInvite(job.id, (links) => {
    setMade(links);
    setText("");
    setTried(false);
  });
  const errors = useErrors(pasted, deadline);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!errors.emails && !errors.deadline) {
      invite.mutate({ emails: pasted.addresses, expires_at: endOfDay(deadline) });
    }
  };
  return (
    <>
      <Card title={t("recruiter.jobs.invite")}>
        <Form error={invite.error} onSubmit={submit}>
          <TextArea
            name="emails"
            label={t("recruiter.invitations.emails")}
            hint={t("recruiter.invitations.emailsHint")}
            rows={5}
            spellCheck={false}
            autoCapitalize="none"
            value={text}
            onChange={(event) => setText(event.target.value)}
            error={tried ? errors.emails : undefined}
          />
          <p role="status" className="text-sm text-muted">
            {t("recruiter.invitations.counted", { n: pasted.addresses.length })}{" "}
            {pasted.repeated > 0 && t("recruiter.invitations.doubled", { n: pasted.repeated })}
          </p>
          <TextField
            name="expires_at"
            type="date"
            className="max-w-60"
            label={t("recruiter.invitations.deadline")}
            hint={t("recruiter.invitations.deadlineHint")}
            min={dayFromNow(0)}
            max={dayFromNow(LONGEST_DAYS - 1)}
            value={deadline}
            onChange={(event) => setDeadline(event.target.value)}
            error={tried ? errors.deadline : undefined}
          />
          <Submit className="self-start" busy={invite.isPending && t("common.state.working")}>
            {t("recruiter.invitations.send")}
          </Submit>
        </Form>
      </Card>
      {made.length > 0 && <Links made={made} />}
    </>
  );
}

function useInvite(job_id: string, onDone: (made: Made[]) => void) {
  return useChange(
    (body: Schema["CreateInvitationsBody"], header) =>
      read(api.POST("/api/v1/jobs/{job_id}/invitations", { params: { path: { job_id }, header }, body })),
    {
      stale: [["invitations", job_id]],
      onDone: (answer) =>
        onDone(
          answer.invitations.map(({ invitation, token }) => ({
            id: invitation?.id ?? "",
            email: invitation?.email ?? "",
            link: token && linkOf(token),
          })),
        ),
    },
  );
}

/** The secret stands behind "#": browsers send that part to no server, so no log keeps it. */
function linkOf(token: string): string {
  return `${location.origin}/invitation#${token}`;
}

function useErrors(
  pasted: Pasted,
  deadline: string,
): { emails: string | undefined; deadline: string | undefined } {
  const { t } = useTranslation();
  const count = pasted.addresses.length;
  const wrong = pasted.wrong.slice(0, 5).join(", ");
  let emails: string | undefined;
  if (wrong) emails = t("recruiter.invitations.wrong", { list: wrong });
  else if (count === 0) emails = t("recruiter.invitations.emailsNeeded");
  else if (count > MOST_AT_ONCE) emails = t("recruiter.invitations.emailsMany");
  const fits = deadline >= dayFromNow(0) && deadline <= dayFromNow(LONGEST_DAYS - 1);
  return { emails, deadline: fits ? undefined : t("recruiter.invitations.deadlineWrong") };
}

/** A day of this device's calendar, as a date field has it. */
function dayFromNow(days: number): string {
  const then = new Date(Date.now() + days * DAY_MS);
  return [then.getFullYear(), then.getMonth() + 1, then.getDate()]
    .map((each) => String(each).padStart(2, "0"))
    .join("-");
}

function endOfDay(value: string): string {
  return new Date(`${value}T23:59:59`).toISOString();
}

function Links({ made }: { made: readonly Made[] }) {
  const { t } = useTranslation();
  const columns: Column<Made>[] = [
    { id: "email", title: t("recruiter.invitations.email"), cell: (row) => row.email },
    {
      id: "link",
      title: t("recruiter.invitations.link"),
      cell: (row) =>
        row.link ? (
          <span className="flex flex-wrap items-center gap-2">
            <code className="text-sm break-all">{row.link}</code>
            <CopyButton text={row.link} label={t("recruiter.invitations.copyFor", { email: row.email })} />
          </span>
        ) : (
          t("recruiter.invitations.linkGone")
        ),
    },
  ];
  const rows = made.map(({ email, link }) => [email, link]);
  const head = [t("recruiter.invitations.email"), t("recruiter.invitations.link")];
  return (
    <Card title={t("recruiter.invitations.linksTitle", { n: made.length })}>
      <Note tone="warn">
        <p role="status">{t("recruiter.invitations.linksText")}</p>
      </Note>
      <div className="flex flex-wrap gap-3">
        <CopyButton text={rows.map((row) => row.join("\t")).join("\n")}>
          {t("recruiter.invitations.copyAll")}
        </CopyButton>
        <Button
          size="small"
          icon={<Download aria-hidden size={16} />}
          onClick={() =>
            saveFile("viva-invitations.csv", new Blob([toCsv([head, ...rows])], { type: "text/csv" }))
          }
        >
          {t("recruiter.invitations.csv")}
        </Button>
      </div>
      <Table
        caption={t("recruiter.invitations.linksCaption")}
        columns={columns}
        rows={made}
        rowId={(row) => row.id}
        loading=""
        empty={null}
      />
    </Card>
  );
}
