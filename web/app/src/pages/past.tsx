/** A visit that is over: when it was, who was there, and what was written. */
import { type ReactNode, lazy, useEffect } from "react";
import { useSomebody } from "../identity/identity";
import { Link, paths } from "../router";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { clockTime, dayAndTime, minutesBetween } from "../texts/time";
import { Icon } from "../ui/icon";
import { Notice } from "../ui/notice";
import { Part } from "../ui/part";
import { Name } from "../ui/person";
import { Waiting } from "../ui/waiting";
import { Chat } from "../visit/chat";
import { Frame, Page } from "./frame";
import { timeOf } from "./listed";
import { titleOf } from "./who";
import "../styles/chat.css";
import "../styles/files.css";

const Recordings = lazy(() => import("./recordings").then((file) => ({ default: file.Recordings })));

export function PastPage({ id }: { id: string }) {
  const { t, language } = useTexts();
  const { client, user, consultationId } = useSomebody();
  const room = client.room(id);
  const { consultation: visit, status, error } = useReadable(room.state);
  useEffect(() => room.open(), [room]);

  return (
    <Frame>
      <Page title={visit ? titleOf(visit, user.id, t) : t("past.title")}>
        {consultationId === null && (
          <p>
            <Link className="back" to={paths.home("past")}>
              <Icon name="back" />
              {t("past.back")}
            </Link>
          </p>
        )}
        {status === "refused" && error && (
          <Notice kind="bad" urgent>
            {t(problemKey(error))}
          </Notice>
        )}
        {!visit && status !== "refused" && <Waiting>{t("loading")}</Waiting>}
        {visit && (
          <>
            <dl className="facts card">
              <Fact name={t("past.when")}>
                {dayAndTime(language, timeOf(visit))}
                {visit.startedAt && visit.endedAt && (
                  <>
                    {" – "}
                    {clockTime(language, visit.endedAt)} (
                    {t("past.minutes", { count: minutesBetween(visit.startedAt, Date.parse(visit.endedAt)) })}
                    )
                  </>
                )}
              </Fact>
              <Fact name={t("past.status")}>{t(`status.${visit.status}`)}</Fact>
              {visit.reason && (
                <Fact name={t("past.reason")}>
                  <Name>{visit.reason}</Name>
                </Fact>
              )}
              <Fact name={t("people")}>
                {visit.participants.map((person, index) => (
                  <span key={person.userId}>
                    {index > 0 && ", "}
                    <Name>{person.name ?? t(`role.${person.role}`)}</Name>
                  </span>
                ))}
              </Fact>
            </dl>
            <PastRecordings id={id} />
            <section className="card past__chat" aria-label={t("chat")}>
              <h2>{t("chat")}</h2>
              <Chat id={id} />
            </section>
          </>
        )}
      </Page>
    </Frame>
  );
}

/** Looked for only where something was recorded, or may have been. */
function PastRecordings({ id }: { id: string }) {
  const { client } = useSomebody();
  const { features } = useReadable(client.state);
  const { recording } = useReadable(client.recording(id).state);
  if (recording === null && !features.includes("recording")) return null;
  return (
    <Part>
      <Recordings id={id} />
    </Part>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
