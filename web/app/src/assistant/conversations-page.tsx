/** Conversations with assistants: the list, and beside it, or in its place on a phone, the one that is looked at. */
import { lazy, useEffect, useState } from "react";
import { useSomebody } from "../identity/identity";
import { Frame, Page } from "../pages/frame";
import { Link, paths } from "../router";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Notice } from "../ui/notice";
import { Part } from "../ui/part";
import { Waiting } from "../ui/waiting";
import { ConversationRow } from "./conversation-row";
import { ConversationView } from "./conversation-view";
import "../styles/overlay.css";
import "../styles/chat.css";
import "../styles/conversations.css";

const NewConversation = lazy(() =>
  import("./new-conversation").then((file) => ({ default: file.NewConversation })),
);

export function ConversationsPage({ id }: { id: string | null }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const list = useReadable(client.conversations.state);
  const assistants = useReadable(client.assistants.state);
  const [isMaking, setMaking] = useState(false);
  useEffect(() => client.conversations.open(), [client]);
  useEffect(() => client.assistants.open(), [client]);
  const hasNobody =
    assistants.status === "none" || (assistants.status === "ready" && assistants.items.length === 0);
  const isLoading = list.status === "loading" || list.status === "idle";

  return (
    <Frame>
      <Page
        title={t("conversation.title")}
        beside={
          !hasNobody && (
            <Button
              look={id === null ? "primary" : "plain"}
              icon="plus"
              onClick={() => setMaking(true)}
              className="conversations__new"
            >
              {t("conversation.new")}
            </Button>
          )
        }
      >
        <p className="conversations__home">
          <Link className="back" to={paths.home()}>
            <Icon name="back" />
            {t("home.go")}
          </Link>
        </p>
        {hasNobody && list.items.length === 0 && <p className="empty">{t("assistant.none")}</p>}
        {assistants.status === "refused" && assistants.error && (
          <Notice kind="bad" urgent>
            {t(problemKey(assistants.error))}
          </Notice>
        )}
        {list.status === "refused" && list.error && (
          <Notice kind="bad" urgent actions={<Button onClick={() => client.retry()}>{t("retry")}</Button>}>
            {t(problemKey(list.error))}
          </Notice>
        )}
        <div className="conversations" data-open={id !== null}>
          <nav className="conversations__list" aria-label={t("conversation.title")}>
            {isLoading && list.items.length === 0 && !hasNobody && <Waiting>{t("loading")}</Waiting>}
            {list.status === "ready" && list.items.length === 0 && !hasNobody && (
              <p className="empty">{t("conversation.none")}</p>
            )}
            <ul className="stack stack--tight">
              {list.items.map((conversation) => (
                <ConversationRow
                  key={conversation.id}
                  conversation={conversation}
                  isOpen={conversation.id === id}
                />
              ))}
            </ul>
            {list.hasMore && (
              <Button onClick={() => void client.conversations.more().catch(() => undefined)}>
                {t("conversation.more")}
              </Button>
            )}
          </nav>
          {id !== null ? (
            <ConversationView key={id} id={id} />
          ) : (
            list.items.length > 0 && <p className="empty conversations__none">{t("conversation.pick")}</p>
          )}
        </div>
      </Page>
      {isMaking && (
        <Part onClose={() => setMaking(false)}>
          <NewConversation onClose={() => setMaking(false)} />
        </Part>
      )}
    </Frame>
  );
}
