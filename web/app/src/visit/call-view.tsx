/** The visit itself: pictures, controls, and beside them the chat or the people. */
import { useEffect, useRef, useState } from "react";
import { useSomebody } from "../identity/identity";
import { ConnectionBar } from "../pages/connection-bar";
import { useTitle } from "../pages/frame";
import { useReadable } from "../store";
import { useTexts } from "../texts/texts";
import { announce } from "../ui/announcer";
import { Mark } from "../ui/icon";
import { CallWords } from "./call-words";
import { Controls, controlId } from "./controls";
import { DevicesDialog } from "./devices-dialog";
import { toggleFullScreen } from "./full-screen";
import { LeaveDialog } from "./leave-dialog";
import { MediaProblemNotice } from "./media-problem";
import { OwnPicture } from "./own-picture";
import { type Panel, SidePanel } from "./side-panel";
import { useShortcuts } from "./shortcuts";
import { ShortcutsDialog } from "./shortcuts-dialog";
import { Stage } from "./stage";
import { WaitingAtDoor } from "./waiting-at-door";
import { useWakeLock } from "./wake-lock";

export type CallDialog = "leave" | "devices" | "shortcuts" | null;

interface Props {
  id: string;
  title: string;
  leave: () => Promise<void>;
}

/** Wide enough for the chat to stand beside the pictures from the start. */
const ROOMY = "(min-width: 64rem)";

export function CallView({ id, title, leave }: Props) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const call = client.call(id);
  const state = useReadable(call.state);
  const { unread } = useReadable(client.room(id).state);
  const [panel, setPanel] = useState<Panel | null>(() => (window.matchMedia(ROOMY).matches ? "chat" : null));
  const [isAsked, setAsked] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const [dialog, setDialog] = useState<CallDialog>(null);
  const { local, peers } = state;
  useTitle(unread > 0 ? `(${unread}) ${title}` : title);
  useComings(peers);
  useWakeLock();
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);

  const toggle = (which: Panel) => {
    const isClosing = panel === which;
    setAsked(true);
    setPanel(isClosing ? null : which);
    // Whoever was in it goes back to where it is opened.
    if (isClosing) document.getElementById(controlId(which))?.focus();
  };
  const verbs = {
    microphone: () => void call.setAudio(!local.audio),
    camera: () => void call.setVideo(!local.video),
    screen: () => (local.screen ? call.stopScreen() : void call.shareScreen()),
    chat: () => toggle("chat"),
    people: () => toggle("people"),
    fullScreen: () => toggleFullScreen(),
    devices: () => setDialog("devices"),
    shortcuts: () => setDialog("shortcuts"),
    leave: () => setDialog("leave"),
  };
  useShortcuts(verbs, dialog === null);

  return (
    <div className="call">
      <a className="skip" href="#controls">
        {t("skip.controls")}
      </a>
      <header className="call__head">
        <Mark />
        <h1 className="call__title" ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <CallWords peers={peers} />
      </header>
      <ConnectionBar client={client} />
      <WaitingAtDoor id={id} />
      {local.problem && (
        <div className="call__problem">
          <MediaProblemNotice
            problem={local.problem}
            again={() =>
              void (local.problem?.device === "camera" ? call.setVideo(true) : call.setAudio(true))
            }
          />
        </div>
      )}
      <main className="call__body" id="main">
        <section className="call__stage" aria-label={t("stage")}>
          <Stage peers={peers} local={local} speaker={state.devices.audioOutput} />
          <OwnPicture local={local} />
        </section>
        {panel && <SidePanel id={id} panel={panel} takesFocus={isAsked} onClose={() => toggle(panel)} />}
      </main>
      <Controls local={local} panel={panel} unread={panel === "chat" ? 0 : unread} verbs={verbs} />
      {dialog === "leave" && <LeaveDialog id={id} leave={leave} onClose={() => setDialog(null)} />}
      {dialog === "devices" && <DevicesDialog id={id} onClose={() => setDialog(null)} />}
      {dialog === "shortcuts" && <ShortcutsDialog onClose={() => setDialog(null)} />}
    </div>
  );
}

/** Says who comes, goes and is away: the eye sees it, the ear should too. */
function useComings(peers: readonly { peerId: string; name: string | null; away: boolean }[]): void {
  const { t } = useTexts();
  const known = useRef(new Map<string, { name: string; away: boolean }>());
  useEffect(() => {
    const now = new Map(
      peers.map(({ peerId, name, away }) => [peerId, { name: name ?? t("somebody"), away }]),
    );
    for (const [peerId, { name, away }] of now) {
      const before = known.current.get(peerId);
      if (!before) announce(t("peer.joined", { name }));
      else if (before.away !== away) announce(t(away ? "peer.awayNow" : "peer.back", { name }));
    }
    for (const [peerId, { name }] of known.current) if (!now.has(peerId)) announce(t("peer.left", { name }));
    known.current = now;
  }, [peers, t]);
}
