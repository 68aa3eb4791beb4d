/** Assistants: conversations with them, and what they do in a consultation. */
export type { Answer } from "./answers.js";
export type { RoomAssistant } from "./assistant.js";
export { type Assistant, type Assistants, type AssistantsState, wordsFor } from "./assistants.js";
export type { Conversations, ConversationsState } from "./conversations.js";
export { type AnswerEntry, type AssistantEntry, withAnswers } from "./entries.js";
export type { AssistantQuestion, AssistantState } from "./state.js";
