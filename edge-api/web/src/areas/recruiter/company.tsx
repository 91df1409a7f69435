/** Which company the screens are about: the first, or the one chosen; kept on this device. */

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState, LinkButton, Loaded, Select } from "@/ui";
import { type Company, companiesQuery } from "./data";

const STORED = "viva.company";

/** Shows `children` for the chosen company, or what to do when there is none. */
export function ForCompany({ children }: { children: (company: Company) => ReactNode }) {
  const { t } = useTranslation();
  const companies = useQuery(companiesQuery);
  const [chosen, setChosen] = useState(() => localStorage.getItem(STORED) ?? "");
  const choose = (id: string) => {
    localStorage.setItem(STORED, id);
    setChosen(id);
  };
  return (
    <Loaded query={companies} words={t("recruiter.company.loading")}>
      {(found) => {
        const company = found.find((each) => each.id === chosen) ?? found[0];
        if (!company) return <NoCompany />;
        return (
          <>
            <CompanyChoice companies={found} value={company.id} onChange={choose} />
            <div key={company.id} className="flex flex-col gap-6">
              {children(company)}
            </div>
          </>
        );
      }}
    </Loaded>
  );
}

function CompanyChoice(props: { companies: Company[]; value: string; onChange: (id: string) => void }) {
  const { t } = useTranslation();
  if (props.companies.length < 2) return null;
  return (
    <Select
      label={t("recruiter.company.choose")}
      className="w-full sm:w-64"
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
      options={props.companies.map((each) => ({ value: each.id, label: each.name }))}
    />
  );
}

export function NoCompany() {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("recruiter.company.noneTitle")}
      action={
        <LinkButton look="primary" to="/recruiter/companies/new">
          {t("recruiter.company.create")}
        </LinkButton>
      }
    >
      {t("recruiter.company.noneText")}
    </EmptyState>
  );
}
