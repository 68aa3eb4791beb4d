import { type AssistantQuestion, wordsFor } from "@bedside/client";

/** What the assistant is called whom a patient is asked about: they may not be among those who can ask it. */
export const questionName = ({ name }: AssistantQuestion, language: string): string =>
  wordsFor(name, [language, ...navigator.languages]);

/** What the patient is to agree to. */
export const questionText = ({ texts }: AssistantQuestion, language: string): string =>
  wordsFor(texts, [language, ...navigator.languages]);
