/** What machines do in a room, as it is seen from outside: immutable snapshots. */
import type { AssistantConsentRequested, AssistantInRoom } from "../generated/events.js";
import type { Answer } from "./answers.js";
import type { AssistantEntry } from "./entries.js";

/** What the patient is asked, in the words of the clinic. */
export type AssistantQuestion = Omit<AssistantConsentRequested, "roomId">;

export interface AssistantState {
  /** What the room shows, with the answers that are being written, oldest first. */
  readonly entries: readonly AssistantEntry[];
  /** The answers that are not messages yet. */
  readonly answers: readonly Answer[];
  readonly isAnswering: boolean;
  /** In a consultation: whether each of the assistants may be asked. */
  readonly assistants: readonly AssistantInRoom[];
  /** What the patient is asked and has not answered. */
  readonly questions: readonly AssistantQuestion[];
}

/** A room that is not open. */
export const NO_ASSISTANT: AssistantState = {
  entries: [],
  answers: [],
  isAnswering: false,
  assistants: [],
  questions: [],
};
