/**
 * May what you write go to a machine? Which one, where it stands, who asks; and two answers that weigh the same. Whoever
 * closes it has decided nothing and can answer later.
 */
import { type AssistantQuestion, Refused, type RoomAssistant } from "@bedside/client";
import { useRef, useState } from "react";
import { useSomebody } from "../../identity/identity";
import { nameOf } from "../../pages/who";
import { useReadable } from "../../store";
import { problemKey } from "../../texts/problem";
import { useTexts } from "../../texts/texts";
import { announce } from "../../ui/announcer";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Notice } from "../../ui/notice";
import { Name } from "../../ui/person";
import { Prose } from "../../ui/prose";
import { questionName, questionText } from "./words";

interface Props {
  assistant: RoomAssistant;
  question: AssistantQuestion;
  onClose: () => void;
}

export function AssistantConsentDialog({ assistant, question, onClose }: Props) {
  const { t, language } = useTexts();
  const { client } = useSomebody();
  const { consultation } = useReadable(client.room(assistant.roomId).state);
  const [busyWith, setBusyWith] = useState<"yes" | "no" | null>(null);
  const [problem, setProblem] = useState<Refused | null>(null);
  // Not on a button: whoever types just now would press it.
  const words = useRef<HTMLDivElement>(null);
  const { assistantId, host, requestedBy, requestedByName } = question;

  const answer = async (which: "yes" | "no") => {
    if (busyWith) return;
    setBusyWith(which);
    setProblem(null);
    try {
      await (which === "yes" ? assistant.give(assistantId) : assistant.refuse(assistantId));
      announce(t(which === "yes" ? "assistant.consent.saidYes" : "assistant.consent.saidNo"));
    } catch (thrown) {
      setProblem(Refused.of(thrown));
      setBusyWith(null);
    }
  };

  const answers = (
    <div className="consent__answers">
      <Button busy={busyWith === "no"} onClick={() => void answer("no")}>
        {t("assistant.consent.no")}
      </Button>
      <Button busy={busyWith === "yes"} onClick={() => void answer("yes")}>
        {t("assistant.consent.yes")}
      </Button>
    </div>
  );
  return (
    <Dialog
      title={t("assistant.consent.title", { name: questionName(question, language) })}
      onClose={onClose}
      initialFocus={words}
      foot={answers}
    >
      <div ref={words} tabIndex={-1} className="stack consent__words">
        {problem && (
          <Notice kind="bad" urgent>
            {t(problemKey(problem))}
          </Notice>
        )}
        <Prose>{questionText(question, language)}</Prose>
        <dl className="facts">
          <div>
            <dt>{t("consent.who")}</dt>
            <dd>
              <Name>{requestedByName ?? nameOf(consultation, requestedBy, t)}</Name>
            </dd>
          </div>
          <div>
            <dt>{t("assistant.consent.host")}</dt>
            <dd>
              <bdi dir="ltr">{host}</bdi>
            </dd>
          </div>
        </dl>
        <p>{t("assistant.consent.free")}</p>
      </div>
    </Dialog>
  );
}
