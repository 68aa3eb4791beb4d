/** Live events as the rows of the log that they are. */
import type { ChatMessage, ChatRedacted, ConsultationStarted, RoomEvent } from "./generated/events.js";

export const messageFact = (message: ChatMessage): RoomEvent => {
  // A machine is nobody.
  const by = message.answer ? null : message.senderId;
  return { kind: "message", seq: message.seq, at: message.sentAt, by, message };
};

export const redactionFact = ({ seq, at, by, messageId, reason }: ChatRedacted): RoomEvent => {
  return { kind: "redaction", seq, at, by, messageId, reason: reason ?? null };
};

export const startedFact = ({ seq, at, by }: ConsultationStarted): RoomEvent => {
  return { kind: "started", seq, at, by: by ?? null };
};
