/**
 * May you be recorded? What, who asks, for how long; and two answers that weigh the same. Whoever closes it has decided
 * nothing and can answer later.
 */
import { type ConsentQuestion, Refused, textFor } from "@bedside/client";
import { useRef, useState } from "react";
import { useSomebody } from "../../identity/identity";
import { nameOf } from "../../pages/who";
import { useReadable } from "../../store";
import { problemKey } from "../../texts/problem";
import { useTexts } from "../../texts/texts";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Notice } from "../../ui/notice";
import { Name } from "../../ui/person";
import { Prose } from "../../ui/prose";

interface Props {
  id: string;
  question: ConsentQuestion;
  onClose: () => void;
}

export function ConsentDialog({ id, question, onClose }: Props) {
  const { t, language } = useTexts();
  const { client } = useSomebody();
  const { consultation } = useReadable(client.room(id).state);
  const [busyWith, setBusyWith] = useState<"yes" | "no" | null>(null);
  const [problem, setProblem] = useState<Refused | null>(null);
  // Not on a button: whoever types just now would press it.
  const words = useRef<HTMLDivElement>(null);
  const recording = client.recording(id);

  const answer = async (which: "yes" | "no") => {
    if (busyWith) return;
    setBusyWith(which);
    setProblem(null);
    try {
      // A no holds at once; the dialog goes with the question.
      await (which === "yes" ? recording.give() : recording.refuse());
    } catch (thrown) {
      setProblem(Refused.of(thrown));
      setBusyWith(null);
    }
  };

  const answers = (
    <div className="consent__answers">
      <Button busy={busyWith === "no"} onClick={() => void answer("no")}>
        {t("consent.no")}
      </Button>
      <Button busy={busyWith === "yes"} onClick={() => void answer("yes")}>
        {t("consent.yes")}
      </Button>
    </div>
  );
  return (
    <Dialog title={t("consent.title")} onClose={onClose} initialFocus={words} foot={answers}>
      <div ref={words} tabIndex={-1} className="stack consent__words">
        {problem && (
          <Notice kind="bad" urgent>
            {t(problemKey(problem))}
          </Notice>
        )}
        <Prose>{textFor(question, [language, ...navigator.languages])}</Prose>
        <dl className="facts">
          <div>
            <dt>{t("consent.who")}</dt>
            <dd>
              <Name>{question.requestedByName ?? nameOf(consultation, question.requestedBy, t)}</Name>
            </dd>
          </div>
          <div>
            <dt>{t("consent.what")}</dt>
            <dd>{t(question.audioOnly ? "consent.whatSound" : "consent.whatBoth")}</dd>
          </div>
          <div>
            <dt>{t("consent.how")}</dt>
            <dd>
              {question.keptDays == null
                ? t("consent.keptOpen")
                : t("consent.kept", { count: question.keptDays })}
            </dd>
          </div>
        </dl>
        <p>{t("consent.free")}</p>
      </div>
    </Dialog>
  );
}
