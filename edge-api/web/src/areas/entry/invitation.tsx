import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import * as z from "zod/mini";
import { api, read } from "@/api/client";
import { useMe } from "@/api/me";
import { hasReason, invitationOver } from "@/api/problems";
import type { components } from "@/api/schema";
import { day } from "@/i18n/format";
import { EmailField, NameField, NewPasswordField } from "@/person/fields";
import { newPasswordIn, requiredIn } from "@/person/schema";
import { Card, ErrorState, Form, LinkButton, Loaded, Page, Submit } from "@/ui";
import { useEnter } from "./use-sign-in";

/** An invitation: its secret stands behind # in the address, so it reaches no server's log. */
export function Component() {
  const { t } = useTranslation();
  const token = useLocation().hash.slice(1);
  const query = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => read(api.POST("/api/v1/invitations/lookup", { body: { token } })),
  });
  return (
    <Page title={t("common.invitation.title")} width="narrow">
      <Loaded query={query} words={t("common.invitation.loading")}>
        {(found) => (
          <Card title={t("common.invitation.offer", { company: found.company_name, job: found.job_title })}>
            {found.invitation?.expires_at && (
              <p className="text-muted">
                {t("common.invitation.until", { day: day(found.invitation.expires_at) })}
              </p>
            )}
            <Offered token={token} invitation={found.invitation} />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

/** The way to accept it, or why it cannot be accepted any more: nobody fills in a form for nothing. */
function Offered({ token, invitation }: { token: string; invitation: Invitation | null }) {
  const over = invitation && invitationOver(invitation, Date.now());
  return over ? <ErrorState error={over} /> : <Accept token={token} email={invitation?.email ?? ""} />;
}

type Invitation = components["schemas"]["Invitation"];
type Acceptance = components["schemas"]["AcceptInvitationBody"];

/** Accepts and goes on to the consent; a stranger is signed in by it. */
function useAccept(token: string) {
  const enter = useEnter();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (person: Omit<Acceptance, "token">) =>
      read(api.POST("/api/v1/invitations/acceptance", { body: { token, ...person } })),
    onSuccess: async ({ invitation, user, access_token, access_expires_at }) => {
      const to = `/interviews/new?job=${invitation.job_id}`;
      if (access_token && access_expires_at) await enter({ access_token, access_expires_at }, user, to);
      else await navigate(to, { replace: true });
    },
  });
}

function Accept({ token, email }: { token: string; email: string }) {
  const me = useMe();
  return me.data ? <AcceptAs token={token} /> : <AcceptAnew token={token} email={email} />;
}

function AcceptAs({ token }: { token: string }) {
  const accept = useAccept(token);
  return (
    <Form
      error={accept.error}
      onSubmit={(event) => {
        event.preventDefault();
        accept.mutate({ password: "", display_name: "" });
      }}
    >
      <AcceptButton token={token} accept={accept} />
    </Form>
  );
}

function AcceptAnew({ token, email }: { token: string; email: string }) {
  const { t } = useTranslation();
  const schema = z.object({ display_name: requiredIn(t), password: newPasswordIn(t) });
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { display_name: "", password: "" } });
  const accept = useAccept(token);
  const { errors } = form.formState;
  return (
    <Form error={accept.error} onSubmit={form.handleSubmit((person) => accept.mutate(person))}>
      <EmailField value={email} readOnly />
      <NameField error={errors.display_name?.message} {...form.register("display_name")} />
      <NewPasswordField error={errors.password?.message} {...form.register("password")} />
      <AcceptButton token={token} accept={accept} />
    </Form>
  );
}

function AcceptButton({ token, accept }: { token: string; accept: ReturnType<typeof useAccept> }) {
  const { t } = useTranslation();
  const next = encodeURIComponent(`/invitation#${token}`);
  const known = hasReason(accept.error, "ACCOUNT_EXISTS", "INVITATION_USED");
  return (
    <Submit
      busy={accept.isPending && t("common.invitation.busy")}
      refusal={
        known && (
          <LinkButton size="small" to={`/sign-in?next=${next}`}>
            {t("common.signIn.submit")}
          </LinkButton>
        )
      }
    >
      {t("common.invitation.accept")}
    </Submit>
  );
}
