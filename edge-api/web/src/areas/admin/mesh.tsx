/** What every service runs on, what that means for people, and what mends what is missing. */

import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { moment, number } from "@/i18n/format";
import { Badge, Button, Card, CopyButton, EmptyState, ErrorState, Loaded, Note, Page, type Tone } from "@/ui";
import { type Capability, meshQuery, type Service } from "./data";

type State = Capability["state"] | "unreachable";
const tones: Record<State, Tone> = {
  ready: "good",
  degraded: "warn",
  missing: "warn",
  broken: "bad",
  unreachable: "bad",
};
const KNOWN = ["llm", "stt", "vision", "embed", "tts", "media", "session"] as const;

function stateOf(service: Service): State {
  return service.reachable && service.capability ? service.capability.state : "unreachable";
}

export default function Mesh() {
  const { t } = useTranslation();
  const mesh = useQuery(meshQuery);
  return (
    <Page
      width="wide"
      title={t("admin.mesh.title")}
      lead={
        mesh.dataUpdatedAt
          ? t("admin.mesh.checked", { time: moment(new Date(mesh.dataUpdatedAt).toISOString()) })
          : undefined
      }
      aside={
        <Button
          onClick={() => void mesh.refetch()}
          busy={mesh.isFetching && t("admin.mesh.checking")}
          icon={<RotateCw aria-hidden size={18} />}
        >
          {t("admin.mesh.refresh")}
        </Button>
      }
    >
      <Loaded query={mesh} words={t("admin.mesh.checking")}>
        {(services) =>
          services.length === 0 ? (
            <EmptyState title={t("admin.mesh.emptyTitle")}>{t("admin.mesh.emptyText")}</EmptyState>
          ) : (
            <>
              {mesh.error && <ErrorState error={mesh.error} />}
              <Summary services={services} />
              <div className="grid gap-4 xl:grid-cols-2">
                {services.map((service) => (
                  <ServiceCard key={`${service.name} ${service.address}`} service={service} />
                ))}
              </div>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function Summary({ services }: { services: readonly Service[] }) {
  const { t } = useTranslation();
  const short = services.filter((service) => stateOf(service) !== "ready").length;
  return (
    <Note tone={short ? "warn" : "good"}>
      <p role="status">{short ? t("admin.mesh.someShort", { n: short }) : t("admin.mesh.allReady")}</p>
    </Note>
  );
}

function ServiceCard({ service }: { service: Service }) {
  const { t } = useTranslation();
  const state = stateOf(service);
  const { capability } = service;
  const known = KNOWN.find((each) => each === service.name);
  return (
    <Card
      aria-label={service.name}
      title={service.name}
      aside={<Badge tone={tones[state]}>{t(`admin.mesh.state.${state}`)}</Badge>}
    >
      <p>
        {state === "unreachable" ? (
          t("admin.mesh.unreachableText")
        ) : (
          <span lang="en">{capability?.detail}</span>
        )}
      </p>
      {state !== "ready" && known && (
        <div>
          <h3>{t("admin.mesh.effect")}</h3>
          <p>{t(`admin.mesh.effects.${known}`)}</p>
        </div>
      )}
      {state !== "ready" && capability?.remedy && <Remedy name={service.name} command={capability.remedy} />}
      <Facts service={service} />
      {capability && Object.keys(capability.limits).length > 0 && (
        <Limits name={service.name} limits={capability.limits} />
      )}
    </Card>
  );
}

function Remedy({ name, command }: { name: string; command: string }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col items-start gap-2">
      <h3>{t("admin.mesh.remedy")}</h3>
      <code className="w-full rounded-lg bg-sunken px-3 py-2 text-sm break-words whitespace-pre-wrap">
        {command}
      </code>
      <CopyButton text={command} label={t("admin.mesh.copyRemedy", { name })} />
    </div>
  );
}

function Facts({ service }: { service: Service }) {
  const { t } = useTranslation();
  const { capability } = service;
  const facts: [string, string | undefined][] = [
    [t("admin.mesh.engine"), capability?.engine],
    [t("admin.mesh.model"), capability?.model],
    [t("admin.mesh.device"), capability?.device],
    [t("admin.mesh.licence"), capability?.licence],
    [
      t("admin.mesh.latency"),
      service.reachable ? t("admin.mesh.latencyMs", { n: number(service.latency_ms, 1) }) : "",
    ],
    [t("admin.mesh.address"), service.address],
    [t("admin.mesh.version"), capability?.server_version],
  ];
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2">
      {facts
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name} className="min-w-0">
            <dt className="text-sm text-muted">{name}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function Limits({ name, limits }: { name: string; limits: Record<string, string> }) {
  const { t } = useTranslation();
  return (
    <details>
      <summary className="min-h-9 cursor-pointer text-accent">{t("admin.mesh.limits")}</summary>
      <table className="w-full text-left text-sm">
        <caption className="sr-only">{t("admin.mesh.limitsCaption", { name })}</caption>
        <tbody>
          {Object.entries(limits).map(([limit, value]) => (
            <tr key={limit} className="border-b border-line last:border-0">
              <th scope="row" className="py-1 pr-4 font-normal text-muted">
                {limit}
              </th>
              <td className="py-1">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
