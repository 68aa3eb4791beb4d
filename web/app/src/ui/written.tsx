/** Where one writes to be read by others: Enter sends where there are keys, and who nears the end is told. */
import type { KeyboardEvent } from "react";
import { useTexts } from "../texts/texts";

/** What the server takes. */
export const MAX_CHARACTERS = 4_000;
const LEFT_TOLD_FROM = 200;

/** What is written has its own direction; what stands there before has the page's. */
export const directionOf = (text: string): "auto" | undefined => (text === "" ? undefined : "auto");

/** On a phone Enter begins a new line, as everywhere there. */
export function sendsByEnter(send: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    const isSend = event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing;
    if (!isSend || window.matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    send();
  };
}

/** How much can still be written, when that is little. */
export function CharactersLeft({ text }: { text: string }) {
  const { t } = useTexts();
  const left = MAX_CHARACTERS - text.length;
  if (left > LEFT_TOLD_FROM) return null;
  return (
    <p className="composer__left" role="status">
      {t("chat.left", { count: left })}
    </p>
  );
}
