import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, keyed, newKey, read } from "@/api/client";
import type { Interview } from "@/api/types";
import { Button, Dialog, ErrorState, Switch } from "@/ui";

/** The ways out: leave and come back, end early, take the consent back. */
export function Leaving({
  interview,
  onEnded,
}: {
  interview: Interview;
  onEnded: (interview: Interview) => void;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [erase, setErase] = useState(false);
  const key = useRef(newKey());
  const params = { path: { interview_id: interview.id }, header: keyed(key.current) };
  const ended = (found: Interview) => {
    setOpen(false);
    onEnded(found);
  };
  const end = useMutation({
    mutationFn: () => read(api.POST("/api/v1/interviews/{interview_id}/end", { params })),
    onSuccess: ended,
  });
  const withdraw = useMutation({
    mutationFn: () =>
      read(api.POST("/api/v1/interviews/{interview_id}/withdrawal", { params, body: { erase } })),
    onSuccess: ended,
  });
  const show = () => {
    key.current = newKey();
    setOpen(true);
  };
  return (
    <>
      <Button look="quiet" onClick={show}>
        {t("candidate.room.leave.open")}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("candidate.room.leave.title")}>
        <Way title={t("candidate.room.leave.back.title")} text={t("candidate.room.leave.back.text")}>
          <Button onClick={() => void navigate("/home")}>{t("candidate.room.leave.back.do")}</Button>
        </Way>
        <Way title={t("candidate.room.leave.end.title")} text={t("candidate.room.leave.end.text")}>
          <Button onClick={() => end.mutate()} busy={end.isPending ? t("candidate.room.leave.busy") : null}>
            {t("candidate.room.leave.end.do")}
          </Button>
        </Way>
        <Way title={t("candidate.room.leave.withdraw.title")} text={t("candidate.room.leave.withdraw.text")}>
          <Switch label={t("candidate.room.leave.withdraw.erase")} checked={erase} onChange={setErase} />
          <Button
            look="danger"
            onClick={() => withdraw.mutate()}
            busy={withdraw.isPending ? t("candidate.room.leave.busy") : null}
          >
            {t("candidate.room.leave.withdraw.do")}
          </Button>
        </Way>
        {(end.error ?? withdraw.error) && <ErrorState error={end.error ?? withdraw.error} />}
      </Dialog>
    </>
  );
}

function Way({ title, text, children }: { title: string; text: string; children: React.ReactNode }) {
  return (
    <section className="flex flex-col items-start gap-2 border-t border-line pt-4">
      <h3>{title}</h3>
      <p className="text-muted">{text}</p>
      {children}
    </section>
  );
}
