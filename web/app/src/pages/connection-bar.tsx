/** Says how the connection stands whenever it does not stand well, and what happens next. */
import type { Bedside, BedsideState } from "@bedside/client";
import { useEffect, useState } from "react";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { useNow } from "../texts/time";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";

/** A connection that stands sooner than this need not be talked about. */
const QUIET_MS = 1_200;

export function ConnectionBar({ client }: { client: Bedside }) {
  const state = useReadable(client.state);
  const isFine = state.status === "connected" || state.status === "idle";
  const isOld = useOlderThan(QUIET_MS, isFine);
  return (
    <div role="status">
      {!isFine && (isOld || state.status === "stopped") && <Bar state={state} retry={() => client.retry()} />}
    </div>
  );
}

function useOlderThan(ms: number, isReset: boolean): boolean {
  const [isOld, setOld] = useState(false);
  useEffect(() => {
    setOld(false);
    if (isReset) return undefined;
    const timer = setTimeout(() => setOld(true), ms);
    return () => clearTimeout(timer);
  }, [ms, isReset]);
  return isOld;
}

function Bar({ state, retry }: { state: BedsideState; retry: () => void }) {
  const { t } = useTexts();
  const now = useNow(1_000);
  const { status, error, nextAttemptAt } = state;
  const seconds = nextAttemptAt === null ? 0 : Math.ceil((nextAttemptAt - now) / 1_000);
  const isOver = status === "stopped";
  return (
    <div className={isOver ? "connection connection--bad" : "connection"}>
      <Icon name={isOver || status === "reconnecting" ? "offline" : "signal"} />
      <span>
        {isOver && t(error ? problemKey(error) : "connection.stopped")}
        {status === "polling" && t("connection.polling")}
        {status === "connecting" && t("connection.connecting")}
        {status === "reconnecting" && t("connection.lost")}
        {/* The count is for the eye: read out each second it would drown everything else. */}
        {status === "reconnecting" && seconds > 0 && (
          <span aria-hidden="true"> {t("connection.again", { count: seconds })}</span>
        )}
      </span>
      {(isOver || status === "reconnecting") && (
        <Button small onClick={retry}>
          {t("retry")}
        </Button>
      )}
    </div>
  );
}
