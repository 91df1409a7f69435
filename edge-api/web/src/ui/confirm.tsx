import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { ErrorState } from "./states";

interface Props {
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  /** What the button does, in words. */
  action: string;
  look?: "primary" | "danger";
  busy?: boolean;
  /** Why it did not work, shown in place; the dialog stays. */
  error?: unknown;
  children: ReactNode;
}

/** Asks before something that cannot be undone or that others will see. */
export function Confirm({
  open,
  onClose,
  onConfirm,
  title,
  action,
  look = "danger",
  busy,
  error,
  children,
}: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>{t("common.action.cancel")}</Button>
          <Button look={look} onClick={onConfirm} busy={busy && t("common.state.working")}>
            {action}
          </Button>
        </>
      }
    >
      {children}
      {error ? <ErrorState error={error} /> : null}
    </Dialog>
  );
}
