/**
 * The sign that stands as long as there is a recording, for everyone: whether it runs, whether one is in it, for whom it
 * waits; and the way out of it. When it ends by itself it says why, until that was read.
 */
import type { Recording, RecordingState } from "@bedside/client";
import { useEffect, useState } from "react";
import { useSomebody } from "../../identity/identity";
import { useReadable } from "../../store";
import { useTexts } from "../../texts/texts";
import { lengthOfTime, useNow } from "../../texts/time";
import { useAct } from "../../ui/act";
import { announce } from "../../ui/announcer";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { Notice } from "../../ui/notice";
import { Sign } from "../sign";
import { mayRecord } from "./may-record";
import { namesOf } from "./names";
import { useRecordingWords } from "./words";

interface Props {
  id: string;
  /** Answer what was closed without an answer. */
  onAnswer: () => void;
}

export function RecordingBar({ id, onAnswer }: Props) {
  const { client } = useSomebody();
  const state = useReadable(client.recording(id).state);
  const [read, setRead] = useState<string | null>(null);
  // Ends from before this page are history: they stand in the chat.
  const [seenOn, setSeenOn] = useState<string | null>(null);
  useRecordingWords(id);
  const { recording, isOn } = state;
  const current = isOn && recording ? recording.id : null;
  useEffect(() => {
    if (current !== null) setSeenOn(current);
  }, [current]);
  if (!recording) return null;
  if (isOn) return <On id={id} recording={recording} state={state} onAnswer={onAnswer} />;
  const end = endOf(recording);
  if (end === read || recording.id !== seenOn) return null;
  return <Over recording={recording} onRead={() => setRead(end)} />;
}

/** What is to be read once: this recording has ended, or has failed. That it can be played soon after changes nothing. */
const endOf = ({ id, state }: Recording): string => `${id} ${state === "failed" ? "failed" : "ended"}`;

function On({ id, recording, state, onAnswer }: Props & { recording: Recording; state: RecordingState }) {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  const { consultation } = useReadable(client.room(id).state);
  const { features } = useReadable(client.state);
  const [isLeaving, setLeaving] = useState(false);
  const isRunning = recording.state === "recording";
  const me = user.id;
  const isIn = recording.recorded.includes(me) && state.decision === "given";
  const hasSaidNo = !isIn && !state.question && !recording.missing.includes(me) && state.decision !== null;

  const act = useAct();

  return (
    <>
      <Sign
        label={t("recording")}
        look={isRunning ? "records" : "rests"}
        sign={
          <>
            <span className={isRunning ? "rec__dot rec__dot--runs" : "rec__dot"} aria-hidden="true" />
            <strong>
              {t(
                isRunning
                  ? "recording.isOn"
                  : recording.state === "paused"
                    ? "recording.paused"
                    : "recording",
              )}
            </strong>
            {recording.audioOnly && <span>({t("recording.soundOnly")})</span>}
            {isRunning && recording.startedAt && (
              <Since at={recording.startedAt} offsetMs={client.state.get().serverOffsetMs} />
            )}
          </>
        }
        words={<Standing recording={recording} isIn={isIn} me={me} consultation={consultation} />}
      >
        {state.question && (
          <Button small look="primary" onClick={onAnswer}>
            {t("consent.answer")}
          </Button>
        )}
        {hasSaidNo && (
          <Button small onClick={() => void act(() => client.recording(id).reconsider()).then(onAnswer)}>
            {t("recording.reconsider")}
          </Button>
        )}
        {isIn && (
          <Button small onClick={() => setLeaving(true)}>
            {t("recording.withdraw")}
          </Button>
        )}
        {mayRecord(consultation, user, features) && (
          <Button small onClick={() => void act(() => client.recording(id).stop())}>
            {t("record.stop")}
          </Button>
        )}
      </Sign>
      {isLeaving && (
        <Confirm
          title={t("recording.withdrawTitle")}
          confirm={t("recording.withdraw")}
          onClose={() => setLeaving(false)}
          // It holds from the press on; that the server knows it need not be waited for.
          onConfirm={() => {
            void act(() => client.recording(id).withdraw());
            announce(t("recording.stoppedHere"));
          }}
        >
          <p>{t("recording.withdrawText")}</p>
        </Confirm>
      )}
    </>
  );
}

interface StandingProps {
  recording: Recording;
  isIn: boolean;
  me: string;
  consultation: Parameters<typeof namesOf>[0];
}

function Standing({ recording, isIn, me, consultation }: StandingProps) {
  const texts = useTexts();
  const { t } = texts;
  const { state, missing, reason } = recording;
  const names = namesOf(
    consultation,
    missing.filter((userId) => userId !== me),
    texts,
  );
  if (state === "recording") return t(isIn ? "recording.you" : "recording.notYou");
  if (missing.includes(me)) return t("recording.awaitingYou");
  if (names !== "") return t(state === "paused" ? "recording.pausedFor" : "recording.awaiting", { names });
  // It waits for nobody, but for a recorder.
  return t(reason ? `recording.reason.${reason}` : "recording.starting");
}

/** For the eye: read out each second it would drown everything else. */
function Since({ at, offsetMs }: { at: string; offsetMs: number }) {
  const now = useNow(1_000);
  return (
    <span className="rec__time" aria-hidden="true">
      {lengthOfTime(now + offsetMs - Date.parse(at))}
    </span>
  );
}

function Over({ recording, onRead }: { recording: Recording; onRead: () => void }) {
  const { t } = useTexts();
  const hasFailed = recording.state === "failed";
  return (
    <div className="call__problem">
      <Notice
        kind={hasFailed ? "bad" : "warning"}
        urgent
        title={t(hasFailed ? "recording.failed" : "recording.stopped")}
        actions={
          <Button small onClick={onRead}>
            {t("recording.dismiss")}
          </Button>
        }
      >
        {recording.reason && t(`recording.reason.${recording.reason}`)}
      </Notice>
    </div>
  );
}
