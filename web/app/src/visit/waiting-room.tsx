/** In front of the door: that one waits, since when, in which place; and words with the doctor meanwhile. */
import { useState } from "react";
import { useSomebody } from "../identity/identity";
import { Frame, Page } from "../pages/frame";
import { allowNotifications, useNotificationPermission } from "../attention";
import { useReadable } from "../store";
import { useTexts } from "../texts/texts";
import { minutesBetween, useNow } from "../texts/time";
import { Button } from "../ui/button";
import { Name } from "../ui/person";
import { VisitAssistants } from "./assistant/visit-assistants";
import { Chat } from "./chat";
import { Picture } from "./picture";
import { useWakeLock } from "./wake-lock";

interface Props {
  id: string;
  title: string;
  hasChat: boolean;
  leave: () => Promise<void>;
}

export function WaitingRoom({ id, title, hasChat, leave }: Props) {
  const { t } = useTexts();
  useWakeLock();
  const { client } = useSomebody();
  const { status, position, reason, local } = useReadable(client.call(id).state);
  const [since] = useState(() => Date.now());
  const minutes = minutesBetween(since, useNow());
  const permission = useNotificationPermission();
  return (
    <Frame>
      <Page title={title}>
        {hasChat && <VisitAssistants id={id} />}
        <div className="waiting-room">
          <section className="card waiting-room__words" aria-labelledby="waiting-words">
            <div className="pulse" aria-hidden="true">
              <span />
            </div>
            <h2 id="waiting-words">{t(status === "held" ? "held.title" : "waiting.title")}</h2>
            <p>{t(status === "held" ? "held.text" : "waiting.text")}</p>
            {reason !== null && (
              <p>
                <Name>{reason}</Name>
              </p>
            )}
            <p className="muted" role="status">
              {position !== null && position > 1 && <>{t("waiting.position", { count: position - 1 })} </>}
              {status === "waiting" && t("waiting.yours", { count: minutes })}
            </p>
            {local.video && (
              <div className="waiting-room__self">
                <Picture stream={local.stream} label={t("own.picture")} mirrored muted />
              </div>
            )}
            <div className="button-row">
              {permission === "default" && (
                <Button icon="bell" onClick={() => void allowNotifications()}>
                  {t("notifications.allow")}
                </Button>
              )}
              <Button onClick={() => void leave()}>{t("waiting.leave")}</Button>
            </div>
          </section>
          {hasChat && (
            <section className="card waiting-room__chat" aria-label={t("chat")}>
              <Chat id={id} />
            </section>
          )}
        </div>
      </Page>
    </Frame>
  );
}
