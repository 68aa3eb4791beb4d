/** A new conversation: with whom. */
import { type Assistant, Refused, wordsFor } from "@bedside/client";
import { useState } from "react";
import { useSomebody } from "../identity/identity";
import { go, paths } from "../router";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Notice } from "../ui/notice";
import { Name } from "../ui/person";
import { Waiting } from "../ui/waiting";

export function NewConversation({ onClose }: { onClose: () => void }) {
  const { t, language } = useTexts();
  const { client } = useSomebody();
  const { items, status } = useReadable(client.assistants.state);
  const [busyWith, setBusyWith] = useState<string | null>(null);
  const [problem, setProblem] = useState<Refused | null>(null);

  const make = async ({ id }: Assistant) => {
    setBusyWith(id);
    setProblem(null);
    try {
      const conversation = await client.conversations.create(id);
      onClose();
      go(paths.conversation(conversation.id));
    } catch (thrown) {
      setProblem(Refused.of(thrown));
      setBusyWith(null);
    }
  };

  return (
    <Dialog title={t("conversation.newTitle")} onClose={onClose}>
      {problem && (
        <Notice kind="bad" urgent>
          {t(problemKey(problem))}
        </Notice>
      )}
      <p>{t("assistant.warning")}</p>
      {status === "loading" && <Waiting>{t("loading")}</Waiting>}
      <ul className="stack">
        {items.map((assistant) => {
          const name = wordsFor(assistant.name, [language]);
          return (
            <li key={assistant.id} className="assistant-choice">
              <div>
                <p className="assistant-choice__name">
                  <Name>{name}</Name>
                </p>
                <p>
                  <Name>{wordsFor(assistant.description, [language])}</Name>
                </p>
                <p className="muted small">{t("assistant.at", { host: assistant.host })}</p>
              </div>
              <Button look="primary" busy={busyWith === assistant.id} onClick={() => void make(assistant)}>
                {t("assistant.question", { name })}
              </Button>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
