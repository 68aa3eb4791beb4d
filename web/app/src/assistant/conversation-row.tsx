/** One conversation in the list: whom with, what was said last, what was not read. */
import type { Conversation } from "@bedside/client";
import { Link, paths } from "../router";
import { useTexts } from "../texts/texts";
import { clockTime, dayAndTime, isSameDay } from "../texts/time";
import { useAssistantWords } from "./names";

export function ConversationRow({ conversation, isOpen }: { conversation: Conversation; isOpen: boolean }) {
  const { t, language } = useTexts();
  const { nameOf } = useAssistantWords();
  const { id, assistantId, title, lastMessage, unread, updatedAt } = conversation;
  const name = nameOf(assistantId);
  const time = isSameDay(updatedAt, Date.now()) ? clockTime : dayAndTime;
  return (
    <li>
      <Link
        className="conversation-row"
        to={paths.conversation(id)}
        aria-current={isOpen ? "page" : undefined}
      >
        {/* Each in its own direction, so that it is its end that is cut off. */}
        <span className="conversation-row__title" dir="auto">
          {title ?? name}
        </span>
        <time className="conversation-row__time" dateTime={updatedAt}>
          {time(language, updatedAt)}
        </time>
        <span className="conversation-row__last" dir="auto">
          {title != null && `${name} · `}
          {lastMessage?.excerpt || t("conversation.notYet")}
        </span>
        {unread > 0 && !isOpen && (
          <span className="badge badge--accent conversation-row__unread">
            <span aria-hidden="true">{new Intl.NumberFormat(language).format(unread)}</span>
            <span className="unseen">{t("conversation.unread", { count: unread })}</span>
          </span>
        )}
      </Link>
    </li>
  );
}
