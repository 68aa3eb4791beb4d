/** One conversation with an assistant: what was asked and answered, live, and the next question. */
import type { AssistantEntry, Conversation } from "@bedside/client";
import { useEffect, useState } from "react";
import { useSomebody } from "../identity/identity";
import { go, Link, paths } from "../router";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { useAct } from "../ui/act";
import { announce } from "../ui/announcer";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Notice } from "../ui/notice";
import { Name } from "../ui/person";
import { useEnd } from "../ui/use-end";
import { Waiting } from "../ui/waiting";
import { AskField } from "./ask-field";
import { ConversationMenu } from "./conversation-menu";
import { Exchange } from "./exchange";
import { useAssistantWords } from "./names";
import { useRoomAssistant } from "./use-room-assistant";

export function ConversationView({ id }: { id: string }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const room = client.room(id);
  const { status, error, hasEarlier, lastSeq, unread } = useReadable(room.state);
  const [assistant, { entries, isAnswering }] = useRoomAssistant(id);
  const { conversation, isGone } = useConversation(id);
  const { nameOf } = useAssistantWords();
  const { list, scrolled, grow } = useEnd(entries);
  const act = useAct();
  const host = useHost(conversation?.assistantId ?? null);
  useSeen(id, lastSeq, unread);

  const isLost = isGone || (status === "refused" && error?.code === "not_found");
  useEffect(() => {
    if (isGone) announce(t("conversation.deleted"));
  }, [isGone, t]);
  if (isLost) {
    return (
      <section className="conversation card">
        <Notice kind="info" actions={<Back />}>
          {t("conversation.gone")}
        </Notice>
      </section>
    );
  }

  const name = nameOf(conversation?.assistantId ?? null);
  const ask = (question: string) => {
    // What is refused stays in the list, marked as failed, with a way to try again.
    assistant.ask(question).catch(() => undefined);
  };
  const stop = () => void act(() => assistant.stop());
  return (
    <section className="conversation card" aria-label={conversation?.title ?? name}>
      <header className="conversation__head">
        <Back isIcon />
        <div className="conversation__names">
          <h2>
            <Name>{conversation?.title ?? name}</Name>
          </h2>
          <p className="muted small">
            <Icon name="machine" /> {t("assistant.machine")} · <Name>{name}</Name>
            {host !== null && <span dir="ltr"> · {host}</span>}
          </p>
        </div>
        {conversation && (
          <ConversationMenu
            conversation={conversation}
            name={name}
            onDeleted={() => go(paths.conversations())}
          />
        )}
      </header>
      <p className="conversation__warning small">{t("assistant.warning")}</p>
      <div
        className="chat__list"
        ref={list}
        onScroll={scrolled}
        tabIndex={0}
        role="region"
        aria-label={t("conversation.messages")}
      >
        {status === "joining" && entries.length === 0 && <Waiting>{t("loading")}</Waiting>}
        {error && (
          <Notice kind="bad" urgent>
            {t(problemKey(error))}
          </Notice>
        )}
        {hasEarlier && (
          <div className="chat__earlier">
            <Button small onClick={() => void grow(() => room.loadEarlier().catch(() => undefined))}>
              {t("chat.earlier")}
            </Button>
          </div>
        )}
        {status === "joined" && entries.length === 0 && (
          <p className="chat__empty">{t("conversation.notYet")}</p>
        )}
        <Exchange entries={entries} room={room} assistant={assistant} host={host} hasActions />
        {isUnanswered(entries) && <p className="chat__empty">{t("assistant.noAnswer")}</p>}
      </div>
      <AskField name={name} onAsk={ask} onStop={isAnswering ? stop : null} />
    </section>
  );
}

/** Whether the last question has nothing behind it: its answer failed on another page, or before this one was loaded. */
function isUnanswered(entries: readonly AssistantEntry[]): boolean {
  const last = entries.at(-1);
  return (
    last?.kind === "message" && last.mine && Date.now() - Date.parse(last.message.sentAt) > UNANSWERED_MS
  );
}

/** Between a question and the word that its answer begins there is a moment. */
const UNANSWERED_MS = 10_000;

/** The conversation, also where it is too old for the list. */
function useConversation(id: string): { conversation: Conversation | null; isGone: boolean } {
  const { client } = useSomebody();
  const { items, status } = useReadable(client.conversations.state);
  const conversation = items.find((each) => each.id === id) ?? null;
  const [wasThere, setThere] = useState(false);
  const isMissing = conversation === null && status === "ready" && !wasThere;
  useEffect(() => {
    if (conversation) setThere(true);
  }, [conversation]);
  useEffect(() => {
    // Where it does not exist, the room says so.
    if (isMissing) void client.conversations.get(id).catch(() => undefined);
  }, [client, id, isMissing]);
  return { conversation, isGone: wasThere && conversation === null };
}

/** The host that answers, as it is configured now. */
function useHost(assistantId: string | null): string | null {
  const { client } = useSomebody();
  const { items } = useReadable(client.assistants.state);
  return items.find(({ id }) => id === assistantId)?.host ?? null;
}

/** While it is looked at, everything in it is seen. */
function useSeen(id: string, lastSeq: number, unread: number): void {
  const { client } = useSomebody();
  useEffect(() => {
    const look = () => {
      if (!document.hidden) client.room(id).markSeen();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [client, id, lastSeq, unread]);
}

function Back({ isIcon = false }: { isIcon?: boolean }) {
  const { t } = useTexts();
  return (
    <Link
      className={isIcon ? "icon-button conversation__back" : "button"}
      to={paths.conversations()}
      {...(isIcon && { "aria-label": t("conversation.back"), title: t("conversation.back") })}
    >
      {isIcon ? <Icon name="back" /> : t("conversation.back")}
    </Link>
  );
}
