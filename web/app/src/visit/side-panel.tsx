/** What stands beside the pictures, or over them where there is no room: the chat, the people, or the assistants. */
import { type KeyboardEvent, lazy, useEffect, useRef } from "react";
import { useTexts } from "../texts/texts";
import { IconButton } from "../ui/button";
import { Part } from "../ui/part";
import { Waiting } from "../ui/waiting";
import { Chat } from "./chat";
import { People } from "./people";

const AssistantPanel = lazy(() =>
  import("./assistant/assistant-panel").then((file) => ({ default: file.AssistantPanel })),
);

export type Panel = "chat" | "people" | "assistant";

interface Props {
  id: string;
  panel: Panel;
  /** Whether the person has just asked for it: then they mean to do something in it. */
  takesFocus: boolean;
  onClose: () => void;
}

export function SidePanel({ id, panel, takesFocus, onClose }: Props) {
  const { t } = useTexts();
  const root = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!takesFocus) return;
    // On a phone the keyboard on the screen would cover what one wants to read.
    const hasKeys = !window.matchMedia("(pointer: coarse)").matches;
    root.current?.querySelector<HTMLElement>(panel === "chat" && hasKeys ? "textarea" : "h2")?.focus();
  }, [panel, takesFocus]);

  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.defaultPrevented) onClose();
  };
  return (
    <aside ref={root} className="call__panel" aria-label={t(panel)} onKeyDown={pressed}>
      <header className="call__panel-head">
        <h2 tabIndex={-1}>{t(panel)}</h2>
        <IconButton icon="close" label={t("panel.close")} onClick={onClose} />
      </header>
      {panel === "chat" && <Chat id={id} />}
      {panel === "people" && <People id={id} />}
      {panel === "assistant" && (
        <Part fallback={<Waiting>{t("loading")}</Waiting>}>
          <AssistantPanel id={id} />
        </Part>
      )}
    </aside>
  );
}
