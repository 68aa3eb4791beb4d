/** The first page: the visits one has a part in, by day. */
import type { Consultation } from "@bedside/client";
import { lazy, useEffect, useState } from "react";
import { useSomebody } from "../identity/identity";
import { HOME_TABS, type HomeTab, Link, paths } from "../router";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { useNow } from "../texts/time";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";
import { Part } from "../ui/part";
import { Waiting } from "../ui/waiting";
import { Frame, Page } from "./frame";
import { listed } from "./listed";
import { useWaitingCall } from "./waiting-call";
import { VisitRow } from "./visit-row";
import { WaitingNow } from "./waiting-now";

const NewVisit = lazy(() => import("./new-visit").then((file) => ({ default: file.NewVisit })));

export function Home({ tab }: { tab: HomeTab }) {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  const list = useReadable(client.consultations.state);
  const { features } = useReadable(client.state);
  const [isMaking, setMaking] = useState(false);
  const mayMake = user.role === "doctor" || user.role === "staff";
  useEffect(() => client.consultations.open(), [client]);
  useWaitingCall(list.waiting);

  return (
    <Frame>
      <Page
        title={t(mayMake ? "home.title" : "home.titlePatient")}
        beside={
          mayMake && (
            <Button look="primary" icon="plus" onClick={() => setMaking(true)}>
              {t("new.go")}
            </Button>
          )
        }
      >
        {features.includes("assistant") && (
          <p>
            <Link className="button" to={paths.conversations()}>
              {t("conversations")}
            </Link>
          </p>
        )}
        {mayMake && <WaitingNow list={list} />}
        <nav aria-label={t("home.lists")} className="tabs">
          {HOME_TABS.map((each) => (
            <Link
              key={each}
              className="tab"
              to={paths.home(each)}
              aria-current={each === tab ? "page" : undefined}
            >
              {t(`home.${each}`)}
            </Link>
          ))}
        </nav>
        {(list.status === "loading" || list.status === "idle") && list.items.length === 0 && (
          <Waiting>{t("loading")}</Waiting>
        )}
        {list.status === "refused" && list.error && (
          <Notice kind="bad" urgent actions={<Button onClick={() => client.retry()}>{t("retry")}</Button>}>
            {t(problemKey(list.error))}
          </Notice>
        )}
        {list.status === "ready" && <Listed tab={tab} items={list.items} />}
        {tab === "past" && list.hasMore && (
          <div>
            <Button onClick={() => void client.consultations.more().catch(() => undefined)}>
              {t("home.more")}
            </Button>
          </div>
        )}
      </Page>
      {isMaking && (
        <Part onClose={() => setMaking(false)}>
          <NewVisit onClose={() => setMaking(false)} />
        </Part>
      )}
    </Frame>
  );
}

function Listed({ tab, items }: { tab: HomeTab; items: readonly Consultation[] }) {
  const { t } = useTexts();
  const visits = listed(items, tab, useNow());
  if (visits.length === 0) return <p className="empty">{t(`home.none.${tab}`)}</p>;
  return (
    <ul className="visits" aria-label={t(`home.${tab}`)}>
      {visits.map((visit) => (
        <VisitRow key={visit.id} visit={visit} showDay={tab !== "today"} />
      ))}
    </ul>
  );
}
