/** Before a visit: is the camera the right one, is the microphone heard, does the connection hold. */
import { LocalDevices } from "@bedside/client";
import { useEffect, useRef, useState } from "react";
import { chime } from "../attention";
import { useReadable } from "../store";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Initials, Name } from "../ui/person";
import { ConnectionReport } from "./connection-report";
import { DeviceFields } from "./device-fields";
import { LevelMeter } from "./level-meter";
import { MediaProblemNotice } from "./media-problem";
import { Picture } from "./picture";
import "../styles/tile.css";

export interface Choice {
  audio: boolean;
  video: boolean;
}

interface Props {
  /** How the others will see one named; absent where nobody is named. */
  name?: string | null;
  /** Absent where one only checks. */
  onReady?: (choice: Choice) => void;
}

export function DeviceCheck({ name = null, onReady }: Props) {
  const { t } = useTexts();
  const [devices] = useState(() => new LocalDevices());
  const now = useReadable(devices.state);
  const [wanted, setWanted] = useState<Choice>({ audio: true, video: true });
  const isOpen = useRef(false);

  useEffect(() => {
    if (!isOpen.current) void devices.open({ audio: true, video: true });
    isOpen.current = true;
    return () => {
      isOpen.current = false;
      devices.close();
    };
  }, [devices]);

  const want = (next: Choice) => {
    setWanted(next);
    void devices.open(next);
  };
  // What was asked for and is not there is off: a press asks for it again.
  const isOn = (kind: keyof Choice) => wanted[kind] && (now.status === "asking" || now[kind]);
  // What is not there cannot be brought along; one may join with what there is, and hear and see the others. What is
  // still being asked for is asked for again on the way: whoever is quick loses nothing.
  const ready = () => {
    devices.close();
    onReady?.({ audio: isOn("audio"), video: isOn("video") });
  };

  return (
    <div className="check">
      <section className="check__picture" aria-label={t("own.picture")}>
        <div className="check__frame">
          <Picture stream={now.video ? now.stream : null} label={t("own.picture")} mirrored muted />
          {!now.video && (
            <div className="check__none">
              {name !== null && <Initials name={name} large />}
              <p>{t(now.status === "asking" ? "check.cameraStarting" : "check.cameraOff")}</p>
            </div>
          )}
          {name !== null && (
            <p className="tile__name">
              <Name>{name}</Name>
            </p>
          )}
        </div>
        <div className="button-row button-row--centre">
          <Button
            icon={isOn("audio") ? "microphone" : "microphoneOff"}
            onClick={() => want({ ...wanted, audio: !isOn("audio") })}
          >
            {t(isOn("audio") ? "microphone.off" : "microphone.on")}
          </Button>
          <Button
            icon={isOn("video") ? "camera" : "cameraOff"}
            onClick={() => want({ ...wanted, video: !isOn("video") })}
          >
            {t(isOn("video") ? "camera.off" : "camera.on")}
          </Button>
        </div>
        {now.problem && <MediaProblemNotice problem={now.problem} again={() => want(wanted)} />}
        {onReady && (
          <div className="check__join">
            <Button look="primary" onClick={ready}>
              {t("check.join")}
            </Button>
            {name !== null && <p className="muted small">{t("check.name", { name })}</p>}
          </div>
        )}
      </section>

      <section className="card" aria-label={t("check.title")}>
        <div className="stack stack--tight">
          <p className="label" id="level-label">
            {t("check.level")}
          </p>
          <LevelMeter level={devices.level} isOn={wanted.audio && now.audio} />
        </div>
        <DeviceFields devices={now.devices} choose={(kind, id) => void devices.useDevice(kind, id)} />
        <div>
          <Button small icon="speaker" onClick={() => chime("admitted")}>
            {t("check.sound")}
          </Button>
        </div>
        <ConnectionReport />
      </section>
    </div>
  );
}
