/** What assistants are called, in the language of whoever reads. */
import { wordsFor } from "@bedside/client";
import { useEffect } from "react";
import { useSomebody } from "../identity/identity";
import { useReadable } from "../store";
import { useTexts } from "../texts/texts";

/**
 * The name of an assistant, and what it is for; the word for what it is where the name is not known here, as to a
 * patient who may not ask it.
 */
export function useAssistantWords(): {
  nameOf: (assistantId: string | null) => string;
  descriptionOf: (assistantId: string) => string | null;
} {
  const { t, language } = useTexts();
  const { client } = useSomebody();
  const { items } = useReadable(client.assistants.state);
  useEffect(() => client.assistants.open(), [client]);
  const find = (assistantId: string | null) => items.find(({ id }) => id === assistantId);
  return {
    nameOf: (assistantId) => {
      const assistant = find(assistantId);
      return (assistant && wordsFor(assistant.name, [language])) || t("assistant");
    },
    descriptionOf: (assistantId) => {
      const assistant = find(assistantId);
      return (assistant && wordsFor(assistant.description, [language])) || null;
    },
  };
}
