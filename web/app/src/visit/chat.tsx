/** The chat of a room: what was said and what happened, and the words about to be sent. */
import type { Room } from "@bedside/client";
import { lazy, useEffect, useMemo, useState } from "react";
import { useRoomAssistant } from "../assistant/use-room-assistant";
import { useSomebody } from "../identity/identity";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { announce } from "../ui/announcer";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";
import { Part } from "../ui/part";
import { useEnd } from "../ui/use-end";
import { Waiting } from "../ui/waiting";
import { ChatEntry } from "./chat-entry";
import { Composer } from "./composer";
import { entryKey, firstUnread, linesOf, startsDay } from "./chat-lines";
import { DropPlace } from "./files/drop";
import { type Left, MOST_FILES, addFiles } from "./files/uploads";
import { DayRule, UnreadRule } from "./chat-rules";

const LiveAnswers = lazy(() =>
  import("../assistant/live-answers").then((file) => ({ default: file.LiveAnswers })),
);

export function Chat({ id }: { id: string }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const room = client.room(id);
  const state = useReadable(room.state);
  const entries = useMemo(() => linesOf(state.entries), [state.entries]);
  const [, { answers }] = useRoomAssistant(id);
  const { list, scrolled, hasBelow, toEnd, grow } = useEnd(
    useMemo(() => [entries, answers], [entries, answers]),
  );
  const [left, setLeft] = useState<Left>(null);
  // The mark stays where it was when one began to look, until one writes.
  const [unreadMark, setUnreadMark] = useState<string | null>(() => firstUnread(entries, state.unread));
  useSeen(room, state.lastSeq, state.unread);

  const add = (files: readonly File[]) => {
    const left = addFiles(client, id, files);
    if (left?.why === "tooMany") announce(t("file.tooMany", { count: MOST_FILES }), "urgent");
    if (left?.why === "empty") announce(t("file.empty", { name: left.name }), "urgent");
    setLeft(left);
  };
  const isOver =
    state.consultation !== null && ["completed", "cancelled", "no_show"].includes(state.consultation.status);
  return (
    <DropPlace onFiles={isOver ? null : add}>
      <div
        className="chat__list"
        ref={list}
        onScroll={scrolled}
        tabIndex={0}
        role="region"
        aria-label={t("chat.messages")}
      >
        {state.status === "joining" && entries.length === 0 && <Waiting>{t("loading")}</Waiting>}
        {state.error && (
          <Notice kind="bad" urgent>
            {t(problemKey(state.error))}
          </Notice>
        )}
        {state.hasEarlier && (
          <div className="chat__earlier">
            <Button small onClick={() => void grow(() => room.loadEarlier().catch(() => undefined))}>
              {t("chat.earlier")}
            </Button>
          </div>
        )}
        {state.status === "joined" && entries.length === 0 && (
          <p className="chat__empty">{t("chat.empty")}</p>
        )}
        <ol className="chat__entries">
          {entries.map((entry, index) => (
            <li key={entryKey(entry)} className="chat__line">
              {startsDay(entries, index) && <DayRule entry={entry} />}
              {entryKey(entry) === unreadMark && <UnreadRule />}
              <ChatEntry entry={entry} before={entries[index - 1]} room={room} />
            </li>
          ))}
        </ol>
        {answers.length > 0 && (
          <Part>
            <LiveAnswers id={id} answers={answers} />
          </Part>
        )}
      </div>
      {hasBelow && (
        <Button small look="primary" className="chat__below" onClick={toEnd}>
          {t("chat.below")}
        </Button>
      )}
      <p className="chat__typing" aria-live="polite">
        {state.typing.length > 0 &&
          t("chat.typing", { name: state.typing[0]?.name ?? t("somebody"), count: state.typing.length })}
      </p>
      {left && (
        <p className="chat__left">
          {left.why === "tooMany"
            ? t("file.tooMany", { count: MOST_FILES })
            : t("file.empty", { name: left.name })}
        </p>
      )}
      {isOver ? (
        <p className="chat__over">{t("chat.over")}</p>
      ) : (
        <Composer room={room} onFiles={add} onSend={() => setUnreadMark(null)} />
      )}
    </DropPlace>
  );
}

/** While the chat is looked at, everything in it is seen. */
function useSeen(room: Room, lastSeq: number, unread: number): void {
  useEffect(() => {
    const look = () => {
      if (!document.hidden) room.markSeen();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [room, lastSeq, unread]);
}
