/** The recordings of a visit that is over: when, how long, for how long they are kept; to be played, and deleted by the doctor. */
import { type Bedside, type RecordingDetails, Refused } from "@bedside/client";
import { lazy, useEffect, useState } from "react";
import { useSomebody } from "../identity/identity";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { dayAndTime, lengthOfTime } from "../texts/time";
import { announce } from "../ui/announcer";
import { Button } from "../ui/button";
import { Confirm } from "../ui/dialog";
import { Notice } from "../ui/notice";
import { Part } from "../ui/part";
import { Waiting } from "../ui/waiting";

const Player = lazy(() => import("./player/player").then((file) => ({ default: file.Player })));

export function Recordings({ id }: { id: string }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const { recording } = useReadable(client.recording(id).state);
  const [recordings, setRecordings] = useState<readonly RecordingDetails[]>([]);
  const [problem, setProblem] = useState<Refused | null>(null);

  // Anew whenever one is somewhere else: what was just being put away can be played now.
  useEffect(() => {
    let isCurrent = true;
    begunIn(client, id).then(
      (all) => {
        if (!isCurrent) return;
        setProblem(null);
        setRecordings(all.filter(isWorthShowing));
      },
      (thrown: unknown) => isCurrent && setProblem(Refused.of(thrown)),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, id, recording]);

  // Who may not play them is not told that there are some.
  if (problem && problem.code !== "forbidden" && problem.code !== "not_found") {
    return (
      <Notice kind="bad" urgent>
        {t(problemKey(problem))}
      </Notice>
    );
  }
  return recordings.map((each) => (
    <Kept
      key={each.id}
      id={id}
      recording={each}
      onGone={() => setRecordings((all) => all.filter((other) => other.id !== each.id))}
    />
  ));
}

/** One that never began has nothing to play; what became of it stands in the chat. */
async function begunIn(client: Bedside, id: string): Promise<RecordingDetails[]> {
  const all = await client.recordings.list(id);
  const begun = all.filter(({ startedAt }) => startedAt != null);
  return Promise.all(begun.map((each) => client.recordings.get(each.id)));
}

const isWorthShowing = ({ state, files }: RecordingDetails): boolean =>
  files.length > 0 || state === "stopped";

function Kept({ id, recording, onGone }: { id: string; recording: RecordingDetails; onGone: () => void }) {
  const { t, language } = useTexts();
  const { client, user } = useSomebody();
  const { consultation } = useReadable(client.room(id).state);
  const [isOpen, setOpen] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const isDoctor = consultation?.participants.find(({ userId }) => userId === user.id)?.role === "doctor";
  const isReady = recording.files.length > 0;

  const remove = async () => {
    try {
      await client.recordings.remove(recording.id);
      announce(t("player.deleted"));
      onGone();
    } catch (thrown) {
      announce(t(problemKey(Refused.of(thrown))), "urgent");
    }
  };

  return (
    <section className="card stack" aria-label={t("recording")}>
      <div className="title-row">
        <h2>{t("recording")}</h2>
        <div className="button-row">
          {isReady && !isOpen && (
            <Button look="primary" icon="play" onClick={() => setOpen(true)}>
              {t("player.show")}
            </Button>
          )}
          {isDoctor && (
            <Button icon="trash" onClick={() => setAsked(true)}>
              {t("player.delete")}
            </Button>
          )}
        </div>
      </div>
      <p className="muted small">
        {t("player.recorded", {
          time: dayAndTime(language, recording.startedAt ?? recording.requestedAt),
          length: lengthOfTime(recording.durationMs),
        })}
        {recording.audioOnly && ` (${t("recording.soundOnly")})`}
        {recording.expiresAt && ` ${t("player.kept", { time: dayAndTime(language, recording.expiresAt) })}`}
      </p>
      {!isReady && <p>{t("player.notReady")}</p>}
      {recording.files.some(({ recovered }) => recovered) && (
        <Notice kind="warning">{t("player.recovered")}</Notice>
      )}
      {isOpen && (
        <Part fallback={<Waiting>{t("player.loading")}</Waiting>}>
          <Player recording={recording} />
        </Part>
      )}
      {isAsked && (
        <Confirm
          title={t("player.deleteTitle")}
          confirm={t("player.delete")}
          danger
          onConfirm={remove}
          onClose={() => setAsked(false)}
        >
          <p>{t("player.deleteText")}</p>
        </Confirm>
      )}
    </section>
  );
}
