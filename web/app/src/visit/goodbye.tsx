/** How it ended, and what one can do now. */
import { Refused } from "@bedside/client";
import { useState } from "react";
import { useSomebody } from "../identity/identity";
import { Frame, Page } from "../pages/frame";
import { Link, paths } from "../router";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { type Key, useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";
import { Name } from "../ui/person";

export type Parting = "left" | "ended" | "cancelled" | "denied" | "removed";

interface Props {
  id: string;
  parting: Parting;
  reason: string | null;
  back: () => void;
}

export function Goodbye({ id, parting, reason, back }: Props) {
  const { t } = useTexts();
  const { client, user, consultationId } = useSomebody();
  const { consultation } = useReadable(client.room(id).state);
  const [problem, setProblem] = useState<Refused | null>(null);
  const isOwn = consultation?.doctorId === user.id || user.role === "staff";
  const title: Key = `goodbye.${parting}`;

  const reopen = async () => {
    setProblem(null);
    try {
      await client.consultations.reopen(id);
      back();
    } catch (thrown) {
      setProblem(Refused.of(thrown));
    }
  };

  return (
    <Frame>
      <Page title={t(title)} narrow centre>
        {problem && (
          <Notice kind="bad" urgent>
            {t(problemKey(problem))}
          </Notice>
        )}
        <div className="card">
          <p>{t(`goodbye.${parting}.text`)}</p>
          {reason !== null && (
            <p>
              <Name>{reason}</Name>
            </p>
          )}
          <div className="button-row">
            {(parting === "denied" || parting === "left") && (
              <Button look="primary" onClick={() => back()}>
                {t(`goodbye.${parting}.again`)}
              </Button>
            )}
            {consultationId === null && (
              <Link className={parting === "ended" ? "button button--primary" : "button"} to={paths.home()}>
                {t("home.go")}
              </Link>
            )}
            {parting === "ended" && (
              <Link className="button" to={paths.past(id)}>
                {t("past.read")}
              </Link>
            )}
            {parting === "ended" && isOwn && (
              <Button onClick={() => void reopen()}>{t("visit.reopen")}</Button>
            )}
          </div>
          {consultationId !== null && <p className="muted">{t("goodbye.close")}</p>}
        </div>
      </Page>
    </Frame>
  );
}
