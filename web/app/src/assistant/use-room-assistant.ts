import type { AssistantState, RoomAssistant } from "@bedside/client";
import { useEffect } from "react";
import { useSomebody } from "../identity/identity";
import { useReadable } from "../store";

/** The machines of a room that this page has open. */
export function useRoomAssistant(id: string): [RoomAssistant, AssistantState] {
  const { client } = useSomebody();
  const assistant = client.assistant(id);
  useEffect(() => assistant.open(), [assistant]);
  return [assistant, useReadable(assistant.state)];
}
