/** The visit itself: pictures, controls, and beside them the chat or the people. */
import { Refused } from "@bedside/client";
import { lazy, useEffect, useRef, useState } from "react";
import { useSomebody } from "../identity/identity";
import { ConnectionBar } from "../pages/connection-bar";
import { useTitle } from "../pages/frame";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { announce } from "../ui/announcer";
import { Mark } from "../ui/icon";
import { Part } from "../ui/part";
import { useHasAssistants } from "./assistant/has-assistants";
import { VisitAssistants } from "./assistant/visit-assistants";
import { CallWords } from "./call-words";
import { Controls, controlId } from "./controls";
import { DevicesDialog } from "./devices-dialog";
import { toggleFullScreen } from "./full-screen";
import { LeaveDialog } from "./leave-dialog";
import { MediaProblemNotice } from "./media-problem";
import { OwnPicture } from "./own-picture";
import { mayRecord } from "./recording/may-record";
import { RecordingBar } from "./recording/recording-bar";
import { type Panel, SidePanel } from "./side-panel";
import { useShortcuts } from "./shortcuts";
import { ShortcutsDialog } from "./shortcuts-dialog";
import { Stage } from "./stage";
import { WaitingAtDoor } from "./waiting-at-door";
import { useWakeLock } from "./wake-lock";

const RecordDialog = lazy(() =>
  import("./recording/record-dialog").then((file) => ({ default: file.RecordDialog })),
);
const ConsentDialog = lazy(() =>
  import("./recording/consent-dialog").then((file) => ({ default: file.ConsentDialog })),
);

export type CallDialog = "leave" | "devices" | "shortcuts" | "record" | null;

interface Props {
  id: string;
  title: string;
  leave: () => Promise<void>;
}

/** Wide enough for the chat to stand beside the pictures from the start. */
const ROOMY = "(min-width: 64rem)";

export function CallView({ id, title, leave }: Props) {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  const call = client.call(id);
  const state = useReadable(call.state);
  const { unread, consultation } = useReadable(client.room(id).state);
  const { features } = useReadable(client.state);
  const recording = useReadable(client.recording(id).state);
  // What was closed without an answer comes back when it is asked for, or when something else is asked.
  const [postponed, setPostponed] = useState<string | null>(null);
  const [panel, setPanel] = useState<Panel | null>(() => (window.matchMedia(ROOMY).matches ? "chat" : null));
  const [isAsked, setAsked] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const [dialog, setDialog] = useState<CallDialog>(null);
  const { local, peers } = state;
  const isRunning = recording.recording?.state === "recording";
  useTitle(`${isRunning ? "● " : ""}${unread > 0 ? `(${unread}) ` : ""}${title}`);
  useComings(peers);
  useWakeLock();
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);

  const hasAssistants = useHasAssistants(id);
  const canRecord = mayRecord(consultation, user, features);
  const problemHeard = (thrown: unknown) => announce(t(problemKey(Refused.of(thrown))), "urgent");
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
    assistant: () => {
      if (hasAssistants) toggle("assistant");
    },
    fullScreen: () => toggleFullScreen(),
    devices: () => setDialog("devices"),
    record: () => {
      if (!recording.isOn) setDialog("record");
      else void client.recording(id).stop().catch(problemHeard);
    },
    shortcuts: () => setDialog("shortcuts"),
    leave: () => setDialog("leave"),
  };
  const question = recording.question?.recordingId === postponed ? null : recording.question;
  const { record, ...everyones } = verbs;
  useShortcuts(canRecord ? verbs : everyones, dialog === null && question === null);

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
      <RecordingBar id={id} onAnswer={() => setPostponed(null)} />
      <VisitAssistants id={id} isQuiet={dialog !== null || question !== null} />
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
      {dialog === "record" && (
        <Part onClose={() => setDialog(null)}>
          <RecordDialog id={id} onClose={() => setDialog(null)} />
        </Part>
      )}
      {question && (
        <Part key={question.recordingId} onClose={() => setPostponed(question.recordingId)}>
          <ConsentDialog id={id} question={question} onClose={() => setPostponed(question.recordingId)} />
        </Part>
      )}
      <main className="call__body" id="main">
        <section className="call__stage" aria-label={t("stage")}>
          <Stage peers={peers} local={local} speaker={state.devices.audioOutput} />
          <OwnPicture local={local} />
        </section>
        {panel && <SidePanel id={id} panel={panel} takesFocus={isAsked} onClose={() => toggle(panel)} />}
      </main>
      <Controls
        local={local}
        panel={panel}
        unread={panel === "chat" ? 0 : unread}
        hasAssistants={hasAssistants}
        recording={canRecord ? (recording.isOn ? "on" : "off") : null}
        verbs={verbs}
      />
      {dialog === "leave" && <LeaveDialog id={id} leave={leave} onClose={() => setDialog(null)} />}
      {dialog === "devices" && <DevicesDialog id={id} onClose={() => setDialog(null)} />}
      {dialog === "shortcuts" && (
        <ShortcutsDialog without={canRecord ? [] : ["record"]} onClose={() => setDialog(null)} />
      )}
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
