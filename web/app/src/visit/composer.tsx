import type { Room } from "@bedside/client";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTexts } from "../texts/texts";
import { IconButton } from "../ui/button";

/** What the server takes. */
const MAX_CHARACTERS = 4_000;
const LEFT_TOLD_FROM = 200;

/** Where one writes. Enter sends where there are keys; on a phone it begins a new line, as everywhere there. */
export function Composer({ room, onSend }: { room: Room; onSend: () => void }) {
  const { t } = useTexts();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  const isEmpty = text.trim() === "";

  const send = () => {
    if (isEmpty) return;
    // What the server refuses stays in the list, marked as failed, with a way to try again.
    room.send(text.trim()).catch(() => undefined);
    setText("");
    onSend();
    field.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    const isSend = event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing;
    if (!isSend || window.matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    send();
  };

  const left = MAX_CHARACTERS - text.length;
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        className="input composer__field"
        dir="auto"
        rows={1}
        maxLength={MAX_CHARACTERS}
        value={text}
        aria-label={t("chat.write")}
        placeholder={t("chat.write")}
        onChange={(event) => {
          setText(event.target.value);
          if (event.target.value.trim() === "") room.stopTyping();
          else room.typing();
        }}
        onBlur={() => room.stopTyping()}
        onKeyDown={pressed}
      />
      <IconButton
        type="submit"
        className="composer__send"
        icon="send"
        label={t("chat.send")}
        disabled={isEmpty}
      />
      {left <= LEFT_TOLD_FROM && (
        <p className="composer__left" role="status">
          {t("chat.left", { count: left })}
        </p>
      )}
    </form>
  );
}
