/** One line of the chat. */
import { type Attachment, type Entry, Refused, type Room } from "@bedside/client";
import { lazy, useState } from "react";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { type Key, useTexts } from "../texts/texts";
import { clockTime } from "../texts/time";
import { announce } from "../ui/announcer";
import { Button, IconButton } from "../ui/button";
import { Confirm } from "../ui/dialog";
import { Icon, type IconName } from "../ui/icon";
import { Part } from "../ui/part";
import { Name } from "../ui/person";
import { Prose } from "../ui/prose";
import { continues } from "./chat-lines";
import { FactLine } from "./fact-line";
import { namesInWords } from "./files/words";

const AttachmentList = lazy(() =>
  import("./files/attachment").then((file) => ({ default: file.AttachmentList })),
);

const AnswerMessage = lazy(() =>
  import("../assistant/answer").then((file) => ({ default: file.AnswerMessage })),
);

type Message = Extract<Entry, { kind: "message" }>;
type Outgoing = Extract<Entry, { kind: "outgoing" }>;

const TICKS: Record<Message["delivery"], { icon: IconName; key: Key }> = {
  sent: { icon: "sent", key: "tick.sent" },
  delivered: { icon: "delivered", key: "tick.delivered" },
  seen: { icon: "delivered", key: "tick.seen" },
};

export function ChatEntry({ entry, before, room }: { entry: Entry; before: Entry | undefined; room: Room }) {
  const { t } = useTexts();
  switch (entry.kind) {
    case "fact":
      return <FactLine event={entry.event} room={room} />;
    case "outgoing":
      return <OutgoingLine entry={entry} room={room} />;
    case "message":
      if (entry.message.kind === "assistant" && !entry.redacted) {
        return (
          <Part
            fallback={<p className="fact">{t("loading")}</p>}
            lost={<PlainAnswer content={entry.message.content ?? ""} />}
          >
            <AnswerMessage message={entry.message} />
          </Part>
        );
      }
      return <MessageLine entry={entry} isSecond={continues(entry, before)} room={room} />;
  }
}

function MessageLine({ entry, isSecond, room }: { entry: Message; isSecond: boolean; room: Room }) {
  const { t, language } = useTexts();
  const { message, mine, redacted, delivery } = entry;
  const [isAsked, setAsked] = useState(false);
  const isOpen = useReadable(room.state).consultation?.endedAt == null;
  const tick = TICKS[delivery];

  const takeBack = async () => {
    try {
      await room.redact(message.id);
    } catch (thrown) {
      announce(t(problemKey(Refused.of(thrown))), "urgent");
    }
  };

  return (
    <article className={mine ? "message message--mine" : "message"}>
      {!isSecond && !mine && (
        <p className="message__who">
          <Name>{message.senderName ?? t(`role.${message.senderRole}`)}</Name>
        </p>
      )}
      {mine && <p className="unseen">{t("you")}</p>}
      <div className="message__row">
        <div className="message__bubble">
          {redacted ? (
            <em className="muted">{t("chat.takenBack")}</em>
          ) : (
            <Said content={message.content ?? ""} attachments={message.attachments} />
          )}
        </div>
        {mine && !redacted && isOpen && (
          <IconButton
            className="message__do"
            icon="close"
            label={t("chat.takeBack")}
            onClick={() => setAsked(true)}
          />
        )}
      </div>
      <p className="message__meta">
        <time dateTime={message.sentAt}>{clockTime(language, message.sentAt)}</time>
        {mine && !redacted && (
          <span className={`tick tick--${delivery}`} title={t(tick.key)}>
            <Icon name={tick.icon} />
            <span className="unseen">{t(tick.key)}</span>
          </span>
        )}
      </p>
      {isAsked && (
        <Confirm
          title={t("chat.takeBack")}
          confirm={t("chat.takeBack")}
          danger
          onConfirm={takeBack}
          onClose={() => setAsked(false)}
        >
          <p>{t("chat.takeBackText")}</p>
        </Confirm>
      )}
    </article>
  );
}

/** A machine's words, marked as such, where what sets them could not be fetched. */
function PlainAnswer({ content }: { content: string }) {
  const { t } = useTexts();
  return (
    <>
      <p className="fact">{t("assistant.machine")}</p>
      <Prose>{content}</Prose>
    </>
  );
}

/** The words, unless they only repeat what the files are called; and the files. */
function Said({ content, attachments }: { content: string; attachments: readonly Attachment[] }) {
  if (attachments.length === 0) return <Prose>{content}</Prose>;
  const names = <p className="small">{namesInWords(attachments)}</p>;
  return (
    <>
      {content !== namesInWords(attachments) && <Prose>{content}</Prose>}
      <Part fallback={names} lost={names}>
        <AttachmentList attachments={attachments} />
      </Part>
    </>
  );
}

function OutgoingLine({ entry, room }: { entry: Outgoing; room: Room }) {
  const { t } = useTexts();
  const { clientMessageId, content, attachments, state, error } = entry;
  return (
    <article className="message message--mine message--outgoing">
      <div className="message__row">
        <div className="message__bubble">
          <Prose>{content}</Prose>
          {attachments.length > 0 && content !== namesInWords(attachments) && (
            <p className="small">{namesInWords(attachments)}</p>
          )}
        </div>
      </div>
      {state === "sending" ? (
        <p className="message__meta">
          <span className="tick" title={t("tick.sending")}>
            <Icon name="clock" />
            <span className="unseen">{t("tick.sending")}</span>
          </span>
        </p>
      ) : (
        <div className="message__failed" role="alert">
          <p>
            {t("chat.failed")} {error && t(problemKey(error))}
          </p>
          <Button small onClick={() => room.retry(clientMessageId)}>
            {t("retry")}
          </Button>
          <Button small look="quiet" onClick={() => room.discard(clientMessageId)}>
            {t("chat.discard")}
          </Button>
        </div>
      )}
    </article>
  );
}
