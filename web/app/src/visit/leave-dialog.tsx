/** Leaving, and for the doctor: ending the visit for everyone. */
import { Refused } from "@bedside/client";
import { useState } from "react";
import { useSomebody } from "../identity/identity";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Notice } from "../ui/notice";
import { mayManage } from "./may-manage";

interface Props {
  id: string;
  leave: () => Promise<void>;
  onClose: () => void;
}

export function LeaveDialog({ id, leave, onClose }: Props) {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  const { consultation } = useReadable(client.room(id).state);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Refused | null>(null);
  const mayEnd = mayManage(consultation, user);

  const end = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await client.room(id).end();
    } catch (thrown) {
      setProblem(Refused.of(thrown));
      setBusy(false);
    }
  };

  return (
    <Dialog title={t(mayEnd ? "leave.titleDoctor" : "leave.title")} onClose={onClose}>
      {problem && (
        <Notice kind="bad" urgent>
          {t(problemKey(problem))}
        </Notice>
      )}
      <p>{t(mayEnd ? "leave.textDoctor" : "leave.text")}</p>
      <div className="button-row button-row--end">
        <Button onClick={onClose}>{t("leave.stay")}</Button>
        <Button look={mayEnd ? "plain" : "danger"} onClick={() => void leave()}>
          {t(mayEnd ? "leave.only" : "leave")}
        </Button>
        {mayEnd && (
          <Button look="danger" busy={isBusy} onClick={() => void end()}>
            {t("leave.end")}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
