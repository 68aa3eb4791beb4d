/** Single keys for what one does in a visit. They can be switched off: some people's tools press keys for them. */
import { useEffect, useRef } from "react";
import { usePreferences } from "../preferences";

export type Verb =
  | "microphone"
  | "camera"
  | "screen"
  | "chat"
  | "people"
  | "assistant"
  | "record"
  | "fullScreen"
  | "devices"
  | "shortcuts"
  | "leave";

/** By where the key is, so that they work on keyboards of every script. */
export const KEYS: Record<Verb, { code: string; shown: string }> = {
  microphone: { code: "KeyM", shown: "M" },
  camera: { code: "KeyV", shown: "V" },
  screen: { code: "KeyS", shown: "S" },
  chat: { code: "KeyC", shown: "C" },
  people: { code: "KeyP", shown: "P" },
  assistant: { code: "KeyA", shown: "A" },
  record: { code: "KeyR", shown: "R" },
  devices: { code: "KeyD", shown: "D" },
  fullScreen: { code: "KeyF", shown: "F" },
  leave: { code: "KeyL", shown: "L" },
  shortcuts: { code: "question mark", shown: "?" },
};

export const VERBS = Object.keys(KEYS) as Verb[];

/** Where keys mean something else: in fields, lists of choices, menus and dialogs. */
const ELSEWHERE =
  "input, textarea, select, [contenteditable], [role=menu], [role=dialog], [role=alertdialog]";

export function verbOf(
  event: Pick<KeyboardEvent, "code" | "key" | "ctrlKey" | "metaKey" | "altKey">,
): Verb | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.key === "?" || event.key === "؟") return "shortcuts";
  return VERBS.find((verb) => KEYS[verb].code === event.code) ?? null;
}

/** What has no verb here is not this person's to do: the key stays the browser's. */
export function useShortcuts(verbs: Partial<Record<Verb, () => void>>, isActive: boolean): void {
  const { shortcuts } = usePreferences();
  const current = useRef(verbs);
  useEffect(() => {
    current.current = verbs;
  });
  useEffect(() => {
    if (!isActive || !shortcuts) return undefined;
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat) return;
      if (event.target instanceof Element && event.target.closest(ELSEWHERE)) return;
      const verb = verbOf(event);
      const act = verb && current.current[verb];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [isActive, shortcuts]);
}
