/** What the visit calls one to while one looks elsewhere: somebody writes, somebody waits, the door opens. */
import type { Call, Room } from "@bedside/client";
import { useEffect, useRef } from "react";
import { chime, notify } from "../attention";
import { useSomebody } from "../identity/identity";
import { useWaitingCall } from "../pages/waiting-call";
import { useReadable } from "../store";
import { useTexts } from "../texts/texts";
import { announce } from "../ui/announcer";

/** What one has read is not called out again: history comes as facts too. */
const FRESH_MS = 30_000;

export function useVisitCalls(room: Room, call: Call): void {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  useWaitingCall(useReadable(client.consultations.state).waiting);

  useEffect(
    () =>
      room.onFact((event) => {
        if (event.kind !== "message" || event.message.senderId === user.id) return;
        const serverNow = Date.now() + client.state.get().serverOffsetMs;
        if (serverNow - Date.parse(event.at) > FRESH_MS) return;
        chime("message");
        notify(t("chat.notification"));
        announce(
          t("chat.heard", {
            name: event.message.senderName ?? t("somebody"),
            text: event.message.content ?? "",
          }),
        );
      }),
    [room, client, user.id, t],
  );

  const { status } = useReadable(call.state);
  const before = useRef(status);
  useEffect(() => {
    const was = before.current;
    before.current = status;
    if (status !== "joined" || (was !== "waiting" && was !== "held")) return;
    chime("admitted");
    notify(t("waiting.admittedNotification"));
    announce(t("waiting.admitted"), "urgent");
  }, [status, t]);
}
