/** Plays a recording: everybody side by side, on one clock. */
import { type RecordingDetails, Refused } from "@bedside/client";
import { type KeyboardEvent, useEffect, useId, useMemo, useState } from "react";
import { useSomebody } from "../../identity/identity";
import { useReadable } from "../../store";
import { problemKey } from "../../texts/problem";
import { useTexts } from "../../texts/texts";
import { lengthOfTime } from "../../texts/time";
import { IconButton } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Waiting } from "../../ui/waiting";
import { LaneView } from "./lane";
import { Playback, SPEEDS } from "./playback";
import { lanesOf, lengthOf } from "./timeline";
import "../../styles/player.css";

const STEP_MS = 5_000;
const LEAP_MS = 10_000;

export function Player({ recording }: { recording: RecordingDetails }) {
  const { t } = useTexts();
  const { leave, problem } = useLeaveToPlay(recording.id);
  if (problem) {
    return (
      <Notice kind="bad" urgent>
        {t(problemKey(problem))}
      </Notice>
    );
  }
  return leave ? <Screen recording={recording} /> : <Waiting>{t("player.loading")}</Waiting>;
}

function Screen({ recording }: { recording: RecordingDetails }) {
  const { t, language } = useTexts();
  const lanes = useMemo(() => lanesOf(recording.files), [recording.files]);
  const playback = useMemo(() => new Playback(lengthOf(lanes)), [lanes]);
  const { atMs, isPlaying, isWaiting, speed } = useReadable(playback.state);
  const hint = useId();
  useEffect(() => () => playback.close(), [playback]);

  const pressed = (event: KeyboardEvent) => {
    const act = actionFor(event, playback);
    if (!act) return;
    event.preventDefault();
    act();
  };

  const position = t("player.positionText", {
    at: lengthOfTime(atMs),
    length: lengthOfTime(playback.lengthMs),
  });
  return (
    <div className="player" role="group" aria-label={t("player")} onKeyDown={pressed}>
      <ul className="player__lanes" data-count={Math.min(lanes.length, 4)}>
        {lanes.map((lane) => (
          <LaneView key={lane.key} lane={lane} playback={playback} />
        ))}
      </ul>
      <div className="player__controls">
        <IconButton
          icon={isPlaying ? "pause" : "play"}
          className="player__play"
          label={t(isPlaying ? "player.pause" : "player.play")}
          onClick={() => playback.toggle()}
        />
        <input
          className="player__position"
          type="range"
          min={0}
          max={Math.max(1, Math.ceil(playback.lengthMs))}
          step={100}
          value={atMs}
          aria-label={t("player.position")}
          aria-valuetext={position}
          aria-describedby={hint}
          onChange={({ target }) => playback.seek(Number(target.value))}
        />
        <p className="player__time" aria-hidden="true">
          {isWaiting ? t("player.waiting") : `${lengthOfTime(atMs)} / ${lengthOfTime(playback.lengthMs)}`}
        </p>
        <select
          className="compact-select"
          aria-label={t("player.speed")}
          value={speed}
          onChange={({ target }) => playback.setSpeed(Number(target.value))}
        >
          {SPEEDS.map((each) => (
            <option key={each} value={each}>
              {new Intl.NumberFormat(language).format(each)}×
            </option>
          ))}
        </select>
      </div>
      <p className="muted small" id={hint}>
        {t("player.keys")}
      </p>
    </div>
  );
}

/** What a key does while the player has the focus; null: it is not the player's. */
function actionFor(event: KeyboardEvent, playback: Playback): (() => void) | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const { target } = event;
  const isChoice = target instanceof HTMLSelectElement;
  const isPress =
    target instanceof HTMLButtonElement || (target instanceof HTMLInputElement && target.type === "checkbox");
  // Time runs from left to right on the bar in languages of both directions, as in every player.
  switch (event.key) {
    case " ":
      return isPress || isChoice ? null : () => playback.toggle();
    case "ArrowLeft":
      return isChoice ? null : () => playback.move(-STEP_MS);
    case "ArrowRight":
      return isChoice ? null : () => playback.move(STEP_MS);
    case "Home":
      return isChoice ? null : () => playback.seek(0);
    case "End":
      return isChoice ? null : () => playback.seek(playback.lengthMs);
    case "+":
      return () => playback.changeSpeed(1);
    case "-":
      return () => playback.changeSpeed(-1);
  }
  switch (event.code) {
    case "KeyJ":
      return () => playback.move(-LEAP_MS);
    case "KeyL":
      return () => playback.move(LEAP_MS);
    case "KeyK":
      return () => playback.toggle();
    default:
      return null;
  }
}

/** The browser's leave to fetch the media, for as long as the player stands. */
function useLeaveToPlay(recordingId: string): { leave: boolean; problem: Refused | null } {
  const { client } = useSomebody();
  const [leave, setLeave] = useState(false);
  const [problem, setProblem] = useState<Refused | null>(null);
  useEffect(() => {
    let isCurrent = true;
    let close = (): void => undefined;
    client.recordings.play(recordingId).then(
      (playing) => {
        close = () => playing.close();
        if (isCurrent) setLeave(true);
        else close();
      },
      (thrown: unknown) => isCurrent && setProblem(Refused.of(thrown)),
    );
    return () => {
      isCurrent = false;
      close();
    };
  }, [client, recordingId]);
  return { leave, problem };
}
