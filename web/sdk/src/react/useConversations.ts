/** Conversations with assistants, and who may be asked, for a component. */
import { useEffect, useMemo } from "react";
import { type AssistantsState, NO_ASSISTANTS } from "../assistant/assistants.js";
import { type Conversations, type ConversationsState, NO_CONVERSATIONS } from "../assistant/conversations.js";
import { useClient } from "./context.js";
import { type Connected, type HookOptions, bound, useConnected } from "./hooks.js";
import { useObservable } from "./observe.js";

const VERBS = ["more", "get", "create", "rename", "remove"] as const;

export type ConversationsOfUser = Connected &
  Pick<ConversationsState, "items" | "unread" | "hasMore"> &
  Pick<Conversations, (typeof VERBS)[number]> & {
    listStatus: ConversationsState["status"];
    /** Who may be asked; `assistantsStatus` is `none` where the server has nobody. */
    assistants: AssistantsState["items"];
    assistantsStatus: AssistantsState["status"];
  };

/** One's conversations, the same in every tab, and the assistants one may begin another with. */
export function useConversations({ enabled = true, client: given }: HookOptions = {}): ConversationsOfUser {
  const client = useClient(given);
  const conversations = client && enabled ? client.conversations : null;
  const all = client && enabled ? client.assistants : null;
  useEffect(() => conversations?.open(), [conversations]);
  useEffect(() => all?.open(), [all]);
  const { status, items, unread, hasMore, error } = useObservable(
    conversations?.state ?? null,
    NO_CONVERSATIONS,
  );
  const assistants = useObservable(all?.state ?? null, NO_ASSISTANTS);
  const connected = useConnected(client, error ?? assistants.error);
  const verbs = useMemo(() => bound(conversations, VERBS), [conversations]);
  return {
    ...connected,
    items,
    unread,
    hasMore,
    listStatus: status,
    assistants: assistants.items,
    assistantsStatus: assistants.status,
    ...verbs,
  };
}
