/** Calls whoever may admit when somebody new waits: a sound, words for a screen reader, the page's title. */
import type { WaitingRooms } from "@bedside/client";
import { useEffect, useRef } from "react";
import { chime, notify } from "../attention";
import { useTexts } from "../texts/texts";
import { announce } from "../ui/announcer";

export function useWaitingCall(rooms: WaitingRooms): void {
  const { t } = useTexts();
  const known = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const everyone = Object.entries(rooms).flatMap(([roomId, people]) =>
      people.map(({ user }) => ({ key: `${roomId} ${user.id}`, name: user.name ?? t("somebody") })),
    );
    const arrived = everyone.filter(({ key }) => !known.current.has(key));
    known.current = new Set(everyone.map(({ key }) => key));
    for (const { name } of arrived) announce(t("waiting.arrived", { name }));
    if (arrived.length === 0) return;
    chime("waiting");
    notify(t("waiting.notification"));
  }, [rooms, t]);
}
