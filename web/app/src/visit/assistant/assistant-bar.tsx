/**
 * The sign that stands as long as a machine can read along, for everyone: which one, on which host; and the way out of
 * it. While the patient has yet to answer, it says that too.
 */
import type { AssistantInRoom, AssistantState, RoomAssistant } from "@bedside/client";
import { useEffect, useRef } from "react";
import { useAssistantWords } from "../../assistant/names";
import { useSomebody } from "../../identity/identity";
import { useReadable } from "../../store";
import { useTexts } from "../../texts/texts";
import { useAct } from "../../ui/act";
import { announce } from "../../ui/announcer";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Sign } from "../sign";
import { partOf } from "./part";
import { questionName } from "./words";

interface Props {
  id: string;
  assistant: RoomAssistant;
  state: AssistantState;
  /** Answer what was closed without an answer. */
  onAnswer: () => void;
}

export function AssistantBar({ id, assistant, state, onAnswer }: Props) {
  const shown = state.assistants.filter((each) => each.state === "on" || each.state === "awaiting_consent");
  return shown.map((each) => (
    <One key={each.assistantId} {...{ id, assistant, state, onAnswer }} of={each} />
  ));
}

function One({ id, assistant, state, onAnswer, of }: Props & { of: AssistantInRoom }) {
  const { t, language } = useTexts();
  const { client, user } = useSomebody();
  const part = partOf(useReadable(client.room(id).state).consultation, user);
  const { nameOf } = useAssistantWords();
  const question = state.questions.find(({ assistantId }) => assistantId === of.assistantId);
  const name = question ? questionName(question, language) : nameOf(of.assistantId);
  const isOn = of.state === "on";
  useTurned(isOn, name);

  const act = useAct();

  return (
    <Sign
      label={t("assistant")}
      look={isOn ? "reads" : "rests"}
      sign={
        <>
          <Icon name="machine" />
          <strong>{isOn ? t("assistant.sign", { name }) : name}</strong>
        </>
      }
      words={
        isOn
          ? t("assistant.at", { host: of.host })
          : t(part === "patient" ? "assistant.asksYou" : "assistant.use.awaiting_consent")
      }
    >
      {question && (
        <Button small look="primary" onClick={onAnswer}>
          {t("consent.answer")}
        </Button>
      )}
      {isOn && part === "patient" && (
        <Button small onClick={() => void act(() => assistant.withdraw(of.assistantId))}>
          {t("assistant.withdraw")}
        </Button>
      )}
      {part === "doctor" && (
        <Button small onClick={() => void act(() => assistant.disable(of.assistantId))}>
          {t("assistant.disable", { name })}
        </Button>
      )}
    </Sign>
  );
}

/** The ear is told when it begins. Its end is the bar's going, so the page tells it. */
function useTurned(isOn: boolean, name: string): void {
  const { t } = useTexts();
  const before = useRef(false);
  useEffect(() => {
    if (isOn && !before.current) announce(t("assistant.sign", { name }));
    before.current = isOn;
  }, [isOn, name, t]);
  useEffect(
    () => () => {
      if (before.current) announce(t("fact.assistant.off", { name }));
    },
    [name, t],
  );
}
