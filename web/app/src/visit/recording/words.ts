/** Says to the ear what the recording does; the eye has the sign. What ends is said by the notice that stands then. */
import { useEffect, useRef } from "react";
import { useSomebody } from "../../identity/identity";
import { useReadable } from "../../store";
import { useTexts } from "../../texts/texts";
import { announce } from "../../ui/announcer";

export function useRecordingWords(id: string): void {
  const { t } = useTexts();
  const { client } = useSomebody();
  const { recording } = useReadable(client.recording(id).state);
  const stands = recording ? recording.state : null;
  const before = useRef(stands);
  useEffect(() => {
    const was = before.current;
    before.current = stands;
    if (was === stands) return;
    if (stands === "recording")
      announce(t(was === "paused" ? "fact.recording.goesOn" : "recording.began"), "urgent");
    if (stands === "paused") announce(t("fact.recording.paused"), "urgent");
  }, [stands, t]);
}
