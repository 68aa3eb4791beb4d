/** What happened, in a line: somebody was let in, the visit began, … */
import type { Recording, Room, RoomEvent } from "@bedside/client";
import { useAssistantWords } from "../assistant/names";
import { nameOf } from "../pages/who";
import { useReadable } from "../store";
import { type Texts, useTexts } from "../texts/texts";
import { clockTime } from "../texts/time";

export function FactLine({ event, room }: { event: RoomEvent; room: Room }) {
  const { t, language } = useTexts();
  const { consultation } = useReadable(room.state);
  const assistants = useAssistantWords();
  const text = wordsOf(event, (userId) => nameOf(consultation, userId, t), assistants.nameOf, t);
  if (text === null) return null;
  return (
    <p className="fact">
      {text} <time dateTime={event.at}>{clockTime(language, event.at)}</time>
    </p>
  );
}

function recordingWords(recording: Recording, name: (userId: string) => string, t: Texts["t"]): string {
  const { state, reason, startedAt, durationMs, requestedBy } = recording;
  const why =
    reason && state !== "ready" && state !== "recording" ? ` ${t(`recording.reason.${reason}`)}` : "";
  if (state === "awaiting_consent") return t("fact.recording.awaiting_consent", { name: name(requestedBy) });
  if (state === "recording" && startedAt && durationMs > 0) return t("fact.recording.goesOn");
  return t(`fact.recording.${state}`) + why;
}

/** Null for what is no line of its own. */
function wordsOf(
  event: RoomEvent,
  name: (userId: string) => string,
  assistant: (assistantId: string) => string,
  t: Texts["t"],
): string | null {
  switch (event.kind) {
    case "added":
      return t("fact.added", { name: event.name ?? name(event.userId) });
    case "admitted":
    case "denied":
    case "held":
    case "removed":
      return t(`fact.${event.kind}`, { name: name(event.userId) });
    case "consent":
      return t(`fact.consent.${event.decision}`, { name: name(event.by ?? "") });
    case "recording_deleted":
      return t("player.deleted");
    case "recording":
      return recordingWords(event.recording, name, t);
    case "assistant":
      return t(`fact.assistant.${event.state}`, { name: assistant(event.assistantId) });
    case "assistant_consent":
      return t(`fact.assistantConsent.${event.decision}`, { name: assistant(event.assistantId) });
    case "started":
    case "ended":
    case "cancelled":
    case "no_show":
    case "reopened":
      return t(`fact.${event.kind}`);
    default:
      // Messages stand for themselves; a kind from a newer server is not ours to put into words.
      return null;
  }
}
