/** One visit from the door to the goodbye. Where it stands is the call's and the consultation's to say, not this page's. */
import type { CallState, Refused, RoomState } from "@bedside/client";
import { useCallback, useEffect, useState } from "react";
import { useSomebody } from "../identity/identity";
import { Frame, Page } from "../pages/frame";
import { isOver } from "../pages/listed";
import { titleOf } from "../pages/who";
import { Link, paths } from "../router";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";
import { Waiting } from "../ui/waiting";
import { CallView } from "./call-view";
import { type Choice, DeviceCheck } from "./device-check";
import { Elsewhere } from "./elsewhere";
import { Goodbye, type Parting } from "./goodbye";
import { useVisitCalls } from "./visit-calls";
import { WaitingRoom } from "./waiting-room";
import "../styles/overlay.css";
import "../styles/visit.css";
import "../styles/call.css";
import "../styles/tile.css";
import "../styles/call-controls.css";
import "../styles/chat.css";
import "../styles/files.css";
import "../styles/recording.css";

export function VisitPage({ id }: { id: string }) {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  const room = client.room(id);
  const call = client.call(id);
  const state = useReadable(room.state);
  const callState = useReadable(call.state);
  const [hasLeft, setLeft] = useState(false);
  // Guests are told nothing of a visit until they are let in.
  const mayEnter = user.role !== "guest" || callState.status === "joined";
  useEffect(() => (mayEnter ? room.open() : undefined), [room, mayEnter]);
  useVisitCalls(room, call);

  useEffect(() => {
    // A page that was loaded anew in the visit goes on with it, without asking again.
    if (call.remembered && call.state.get().status === "idle") void call.join();
    // Another page of the app is not the visit: who goes there has left the call.
    return () => void call.leave();
  }, [call]);

  const enter = useCallback(
    (choice?: Choice) => {
      setLeft(false);
      void call.join(choice);
    },
    [call],
  );
  const leave = useCallback(async () => {
    setLeft(true);
    await call.leave();
  }, [call]);

  const title = titleOf(state.consultation, user.id, t);

  if (callState.status === "joined") return <CallView id={id} title={title} leave={leave} />;
  if (state.status === "refused" && state.error) return <Refusal title={title} because={state.error} />;
  const parting = partingOf(state, callState) ?? (hasLeft && callState.status === "idle" ? "left" : null);
  if (parting !== null) return <Goodbye id={id} parting={parting} reason={callState.reason} back={enter} />;
  switch (callState.status) {
    case "elsewhere":
      return <Elsewhere takeOver={() => void call.takeOver()} title={title} />;
    case "waiting":
    case "held":
      return <WaitingRoom id={id} title={title} hasChat={mayEnter} leave={leave} />;
    case "joining":
      return (
        <Frame>
          <Page title={title} centre narrow>
            <Waiting>{t("visit.joining")}</Waiting>
          </Page>
        </Frame>
      );
    default:
      return (
        <Frame>
          <Page title={title}>
            {callState.status === "refused" && callState.error && <JoinProblem because={callState.error} />}
            <DeviceCheck onReady={enter} name={user.name ?? null} />
          </Page>
        </Frame>
      );
  }
}

function partingOf(room: RoomState, call: CallState): Exclude<Parting, "left"> | null {
  switch (call.status) {
    case "denied":
    case "removed":
    case "ended":
      return call.status;
    default:
      return room.consultation && isOver(room.consultation)
        ? room.consultation.status === "completed"
          ? "ended"
          : "cancelled"
        : null;
  }
}

function JoinProblem({ because }: { because: Refused }) {
  const { t } = useTexts();
  return (
    <Notice kind="bad" urgent title={t("visit.notJoined")}>
      {t(problemKey(because))}
    </Notice>
  );
}

function Refusal({ title, because }: { title: string; because: Refused }) {
  const { t } = useTexts();
  const { consultationId } = useSomebody();
  return (
    <Frame>
      <Page title={title} narrow centre>
        <Notice
          kind="bad"
          urgent
          actions={
            <>
              <Button onClick={() => window.location.reload()}>{t("broken.reload")}</Button>
              {consultationId === null && (
                <Link className="button" to={paths.home()}>
                  {t("home.go")}
                </Link>
              )}
            </>
          }
        >
          {t(problemKey(because))}
        </Notice>
      </Page>
    </Frame>
  );
}
