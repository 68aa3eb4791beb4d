/** What machines need of a visit's page whatever stands beside it: the sign that they read along, and the question. */
import { lazy, useState } from "react";
import { useRoomAssistant } from "../../assistant/use-room-assistant";
import { Part } from "../../ui/part";
import { AssistantBar } from "./assistant-bar";
import "../../styles/assistant.css";

const AssistantConsentDialog = lazy(() =>
  import("./consent-dialog").then((file) => ({ default: file.AssistantConsentDialog })),
);

/** `isQuiet`: another question is before the person; one at a time. */
export function VisitAssistants({ id, isQuiet = false }: { id: string; isQuiet?: boolean }) {
  const [assistant, state] = useRoomAssistant(id);
  // What was closed without an answer comes back when it is asked for, or when something else is asked.
  const [postponed, setPostponed] = useState<string | null>(null);
  const question = isQuiet ? undefined : state.questions.find(({ assistantId }) => assistantId !== postponed);
  return (
    <>
      <AssistantBar {...{ id, assistant, state }} onAnswer={() => setPostponed(null)} />
      {question && (
        <Part key={question.assistantId} onClose={() => setPostponed(question.assistantId)}>
          <AssistantConsentDialog
            assistant={assistant}
            question={question}
            onClose={() => setPostponed(question.assistantId)}
          />
        </Part>
      )}
    </>
  );
}
