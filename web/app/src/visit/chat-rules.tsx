/** The marks between lines. */
import type { Entry } from "@bedside/client";
import { useTexts } from "../texts/texts";
import { day } from "../texts/time";
import { timeOfEntry } from "./chat-lines";

export function DayRule({ entry }: { entry: Entry }) {
  const { language } = useTexts();
  const time = timeOfEntry(entry);
  return (
    time !== null && (
      <p className="chat__rule">
        <span>{day(language, time)}</span>
      </p>
    )
  );
}

export function UnreadRule() {
  const { t } = useTexts();
  return (
    <p className="chat__rule chat__rule--unread">
      <span>{t("chat.unreadMark")}</span>
    </p>
  );
}
