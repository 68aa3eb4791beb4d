/** A machine's words, and how they came to be as they are. */
import type { AnswerState, ChatMessage, Answer as Given, RefusedCode } from "@bedside/client";
import { lazy, useEffect, useRef } from "react";
import { problemKey } from "../texts/problem";
import { type Key, type Texts, useTexts } from "../texts/texts";
import { clockTime } from "../texts/time";
import { announce } from "../ui/announcer";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Part } from "../ui/part";
import { Name } from "../ui/person";
import { useAssistantWords } from "./names";
import "../styles/assistant.css";

// The parser is heavy, and most who look at a chat have no machine in it.
const Markdown = lazy(() => import("./markdown").then((file) => ({ default: file.Markdown })));

interface Props {
  /** Null where only pieces of it have been heard so far. */
  assistantId: string | null;
  host: string | null;
  content: string;
  state: AnswerState;
  error: { code: RefusedCode } | null;
  sentAt?: string | undefined;
  onAskAgain?: (() => void) | undefined;
  onStop?: (() => void) | undefined;
}

/** An answer that is a message of the room. */
export function AnswerMessage({ message, onAskAgain }: { message: ChatMessage; onAskAgain?: () => void }) {
  const { answer } = message;
  return (
    <AnswerBubble
      assistantId={answer?.assistantId ?? null}
      host={answer?.host ?? null}
      content={message.content ?? ""}
      state={answer?.state ?? "complete"}
      error={answer?.error ?? null}
      sentAt={message.sentAt}
      onAskAgain={onAskAgain}
    />
  );
}

interface LiveProps {
  answer: Given;
  host: string | null;
  onAskAgain?: (() => void) | undefined;
  onStop?: (() => void) | undefined;
}

/** An answer that is being written, or that ended without a word. */
export function LiveAnswer({ answer, host, onAskAgain, onStop }: LiveProps) {
  const { assistantId, content, state, error } = answer;
  return <AnswerBubble {...{ assistantId, host, content, state, error, onAskAgain, onStop }} />;
}

function AnswerBubble({ assistantId, host, content, state, error, sentAt, onAskAgain, onStop }: Props) {
  const { t, language } = useTexts();
  const { nameOf } = useAssistantWords();
  const name = nameOf(assistantId);
  const isRunning = state === "streaming";
  useTold(name, state);
  const plain = <p className="answer__plain">{content}</p>;
  const words = wordsOf(state, content !== "", error, t);
  return (
    <article className="answer" aria-busy={isRunning || undefined}>
      <p className="answer__who">
        <span className="answer__mark">
          <Icon name="machine" />
          {t("assistant.machine")}
        </span>
        <Name>{name}</Name>
      </p>
      {content !== "" && (
        <div className="answer__words">
          <Part fallback={plain} lost={plain}>
            <Markdown>{content}</Markdown>
          </Part>
        </div>
      )}
      {isRunning && (
        <p className="answer__writing">
          <span className="spinner" aria-hidden="true" /> {t("assistant.answering", { name })}
        </p>
      )}
      {words !== null && (
        <p className="answer__ended">
          <Icon name="warning" />
          <span>{words}</span>
        </p>
      )}
      <p className="message__meta">
        {sentAt !== undefined && <time dateTime={sentAt}>{clockTime(language, sentAt)}</time>}
        {host !== null && <span>{t("assistant.at", { host })}</span>}
      </p>
      {(isRunning ? onStop : onAskAgain) && (
        <div className="answer__do">
          {isRunning && onStop && (
            <Button small onClick={onStop}>
              {t("assistant.stop")}
            </Button>
          )}
          {!isRunning && onAskAgain && (
            <Button small look="quiet" onClick={onAskAgain}>
              {t("assistant.again")}
            </Button>
          )}
        </div>
      )}
    </article>
  );
}

/** Why it is not whole, in plain words; null where it is. */
function wordsOf(state: AnswerState, hasWords: boolean, error: Props["error"], t: Texts["t"]): string | null {
  switch (state) {
    case "streaming":
    case "complete":
      return null;
    case "interrupted":
      return t("assistant.interrupted");
    case "cancelled":
      return t(hasWords ? "assistant.cancelled" : "assistant.cancelledEmpty");
    case "failed": {
      const what: Key = hasWords ? "assistant.failed" : "assistant.failedEmpty";
      const why = error && SAID.has(error.code) ? ` ${t(problemKey(error))}` : "";
      return t(what) + why;
    }
  }
}

/** Reasons that tell whoever asked something that they can act on. */
const SAID: ReadonlySet<RefusedCode> = new Set<RefusedCode>(["rate_limited", "too_large", "overloaded"]);

/** The ear is told that an answer begins and that it is there, not each word as it comes. */
function useTold(name: string, state: AnswerState): void {
  const { t } = useTexts();
  const before = useRef<AnswerState | null>(null);
  useEffect(() => {
    if (before.current === null && state === "streaming") announce(t("assistant.answering", { name }));
    if (before.current === "streaming" && state === "complete") announce(t("assistant.answered", { name }));
    before.current = state;
  }, [name, state, t]);
}
