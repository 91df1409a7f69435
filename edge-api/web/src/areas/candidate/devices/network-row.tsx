import { Wifi } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui";
import { measure, type Network } from "./network";

/** The way to the server, timed with a few small requests and told in words. */
export function NetworkRow() {
  const { t } = useTranslation();
  const [network, setNetwork] = useState<Network | "untried" | "measuring">("untried");
  const look = async () => {
    setNetwork("measuring");
    setNetwork(await measure());
  };
  return (
    <section className="flex flex-col items-start gap-2">
      <h3>{t("candidate.devices.network.title")}</h3>
      <Button
        size="small"
        icon={<Wifi aria-hidden size={16} />}
        onClick={() => void look()}
        busy={network === "measuring" ? t("candidate.devices.network.measuring") : null}
      >
        {t("candidate.devices.network.look")}
      </Button>
      <p role="status">
        {network !== "untried" && network !== "measuring" && t(`candidate.devices.network.${network}`)}
      </p>
    </section>
  );
}
