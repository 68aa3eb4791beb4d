/** Questions and answers, one under the other. */
import type { AssistantEntry, Room, RoomAssistant } from "@bedside/client";
import { ChatEntry } from "../visit/chat-entry";
import { DayRule } from "../visit/chat-rules";
import { entryKey, startsDay } from "../visit/chat-lines";
import { AnswerMessage, LiveAnswer } from "./answer";

interface Props {
  entries: readonly AssistantEntry[];
  room: Room;
  assistant: RoomAssistant;
  /** The host that answers now; what is over says itself which one answered. */
  host: string | null;
  /** Whether one may stop an answer and ask again. */
  hasActions?: boolean;
}

export function Exchange({ entries, room, assistant, host, hasActions = false }: Props) {
  const said = entries.flatMap((entry) => (entry.kind === "answer" ? [] : [entry]));
  const isBusy = entries.some(
    (entry) => entry.kind === "outgoing" || (entry.kind === "answer" && entry.answer.state === "streaming"),
  );
  const lastAnswer = entries.findLast((entry) => entry.kind === "answer" || isAnswer(entry));
  const again = (entry: AssistantEntry, id: string) =>
    hasActions && !isBusy && entry === lastAnswer
      ? { onAskAgain: () => void assistant.askAgain(id).catch(() => undefined) }
      : {};
  return (
    <ol className="chat__entries">
      {entries.map((entry) => {
        if (entry.kind === "answer") {
          const { answer } = entry;
          return (
            <li key={`message ${answer.id}`} className="chat__line">
              <LiveAnswer
                answer={answer}
                host={host}
                {...again(entry, answer.id)}
                {...(hasActions && { onStop: () => void assistant.stop(answer.id).catch(() => undefined) })}
              />
            </li>
          );
        }
        const index = said.indexOf(entry);
        return (
          <li key={entryKey(entry)} className="chat__line">
            {startsDay(said, index) && <DayRule entry={entry} />}
            {entry.kind === "message" && isAnswer(entry) ? (
              <AnswerMessage message={entry.message} {...again(entry, entry.message.id)} />
            ) : (
              <ChatEntry entry={entry} before={said[index - 1]} room={room} />
            )}
          </li>
        );
      })}
    </ol>
  );
}

const isAnswer = (entry: AssistantEntry): boolean =>
  entry.kind === "message" && entry.message.kind === "assistant" && !entry.redacted;
