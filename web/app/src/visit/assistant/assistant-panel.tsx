/** The assistants of a visit: the doctor lets them in and out, the patient takes consent back, and both may ask. */
import type { AssistantEntry, AssistantInRoom, RoomAssistant } from "@bedside/client";
import { useState } from "react";
import { AskField } from "../../assistant/ask-field";
import { Exchange } from "../../assistant/exchange";
import { useAssistantWords } from "../../assistant/names";
import { useRoomAssistant } from "../../assistant/use-room-assistant";
import { useSomebody } from "../../identity/identity";
import { useReadable } from "../../store";
import { type Key, useTexts } from "../../texts/texts";
import { useAct } from "../../ui/act";
import { Button } from "../../ui/button";
import { Name } from "../../ui/person";
import { useEnd } from "../../ui/use-end";
import { partOf } from "./part";
import "../../styles/chat.css";

export function AssistantPanel({ id }: { id: string }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const [assistant, { entries, assistants, isAnswering }] = useRoomAssistant(id);
  const { items } = useReadable(client.assistants.state);
  const { nameOf } = useAssistantWords();
  const { list, scrolled } = useEnd(entries);
  const all = everyone(assistants, items);
  const askable = all.filter(
    (each) => each.state === "on" && items.some(({ id }) => id === each.assistantId),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const asked = askable.find(({ assistantId }) => assistantId === chosen) ?? askable[0];
  const said = exchanged(entries);

  const act = useAct();
  return (
    <div className="assistants">
      {all.length === 0 && <p className="chat__empty">{t("assistant.none")}</p>}
      <ul className="assistants__list">
        {all.map((each) => (
          <Assistant key={each.assistantId} id={id} assistant={assistant} of={each} />
        ))}
      </ul>
      {(asked || said.length > 0) && (
        <div
          className="chat__list"
          ref={list}
          onScroll={scrolled}
          tabIndex={0}
          role="region"
          aria-label={t("conversation.messages")}
        >
          <p className="conversation__warning small">{t("assistant.warning")}</p>
          <Exchange
            entries={said}
            room={client.room(id)}
            assistant={assistant}
            host={asked?.host ?? null}
            hasActions={asked !== undefined}
          />
        </div>
      )}
      {askable.length > 1 && (
        <select
          className="compact-select assistants__whom"
          aria-label={t("conversation.newTitle")}
          value={asked?.assistantId}
          onChange={(event) => setChosen(event.target.value)}
        >
          {askable.map(({ assistantId }) => (
            <option key={assistantId} value={assistantId}>
              {nameOf(assistantId)}
            </option>
          ))}
        </select>
      )}
      {asked && (
        <AskField
          name={nameOf(asked.assistantId)}
          onAsk={(question) =>
            void assistant.ask(question, { assistantId: asked.assistantId }).catch(() => undefined)
          }
          onStop={isAnswering ? () => void act(() => assistant.stop()) : null}
        />
      )}
    </div>
  );
}

/** Those that the room knows, and those that could be let in. */
function everyone(
  known: readonly AssistantInRoom[],
  items: readonly { id: string; inConsultations: boolean; host: string }[],
): AssistantInRoom[] {
  const others = items.filter(
    ({ id, inConsultations }) => inConsultations && !known.some(({ assistantId }) => assistantId === id),
  );
  return [
    ...known,
    ...others.map(({ id, host }): AssistantInRoom => ({ assistantId: id, state: "off", host })),
  ];
}

/** Of all that was said in the visit: what was asked, and the answers. */
function exchanged(entries: readonly AssistantEntry[]): readonly AssistantEntry[] {
  const asked = new Set(
    entries.flatMap((entry) => {
      if (entry.kind === "answer") return entry.answer.questionId ?? [];
      return entry.kind === "message" && entry.message.kind === "assistant"
        ? (entry.message.replyTo ?? [])
        : [];
    }),
  );
  return entries.filter((entry) => {
    if (entry.kind === "message") return entry.message.kind === "assistant" || asked.has(entry.message.id);
    return entry.kind === "answer" || entry.kind === "outgoing";
  });
}

const STATES: Record<AssistantInRoom["state"], Key> = {
  off: "assistant.use.off",
  awaiting_consent: "assistant.use.awaiting_consent",
  on: "assistant.use.on",
  refused: "assistant.use.refused",
};

function Assistant({ id, assistant, of }: { id: string; assistant: RoomAssistant; of: AssistantInRoom }) {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  const part = partOf(useReadable(client.room(id).state).consultation, user);
  const { nameOf, descriptionOf } = useAssistantWords();
  const [isBusy, setBusy] = useState(false);
  const { assistantId, host, state } = of;
  const name = nameOf(assistantId);
  const description = descriptionOf(assistantId);
  const isLetIn = state === "on" || state === "awaiting_consent";

  const act = useAct();
  const press = async (verb: () => Promise<unknown>) => {
    setBusy(true);
    await act(verb);
    setBusy(false);
  };

  return (
    <li className="assistant-choice">
      <div>
        <p className="assistant-choice__name">
          <Name>{name}</Name>{" "}
          <span className={state === "on" ? "badge badge--accent" : "badge"}>{t(STATES[state])}</span>
        </p>
        {description !== null && (
          <p>
            <Name>{description}</Name>
          </p>
        )}
        {part === "doctor" && !isLetIn && (
          <p className="muted small">{t("assistant.enableHint", { host })}</p>
        )}
        {part === "patient" && state === "on" && (
          <p className="muted small">{t("assistant.withdrawHint", { host })}</p>
        )}
      </div>
      {part === "doctor" && (
        <Button
          busy={isBusy}
          look={isLetIn ? "plain" : "primary"}
          onClick={() =>
            void press(() => (isLetIn ? assistant.disable(assistantId) : assistant.enable(assistantId)))
          }
        >
          {t(isLetIn ? "assistant.disable" : "assistant.enable", { name })}
        </Button>
      )}
      {part === "patient" && state === "on" && (
        <Button busy={isBusy} onClick={() => void press(() => assistant.withdraw(assistantId))}>
          {t("assistant.withdraw")}
        </Button>
      )}
    </li>
  );
}
