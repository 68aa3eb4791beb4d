import { useEffect } from "react";
import { useSomebody } from "../../identity/identity";
import { useReadable } from "../../store";

/** Whether there is anything to be seen of assistants in a visit: one that is let in, or that could be. */
export function useHasAssistants(id: string): boolean {
  const { client } = useSomebody();
  const { items } = useReadable(client.assistants.state);
  const { assistants } = useReadable(client.assistant(id).state);
  useEffect(() => client.assistants.open(), [client]);
  return assistants.length > 0 || items.some(({ inConsultations }) => inConsultations);
}
