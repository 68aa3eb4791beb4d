/** In a visit's chat: the answers that are being written, behind what was said. */
import type { Answer } from "@bedside/client";
import { useReadable } from "../store";
import { useSomebody } from "../identity/identity";
import { LiveAnswer } from "./answer";

export function LiveAnswers({ id, answers }: { id: string; answers: readonly Answer[] }) {
  const { client } = useSomebody();
  const { assistants } = useReadable(client.assistant(id).state);
  const hostOf = (answer: Answer) =>
    assistants.find(({ assistantId }) => assistantId === answer.assistantId)?.host ?? null;
  return (
    <ol className="chat__entries">
      {answers.map((answer) => (
        <li key={answer.id} className="chat__line">
          <LiveAnswer answer={answer} host={hostOf(answer)} />
        </li>
      ))}
    </ol>
  );
}
