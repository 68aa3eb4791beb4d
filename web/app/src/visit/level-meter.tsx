import type { Observable } from "@bedside/client";
import { useEffect, useRef, useState } from "react";
import { useTexts } from "../texts/texts";

/** Above the noise of a quiet room. */
const HEARD = 0.08;

/** How loud the microphone is. The bar is drawn past React, many times a second; in words it is said once. */
export function LevelMeter({ level, isOn }: { level: Observable<number>; isOn: boolean }) {
  const { t } = useTexts();
  const bar = useRef<HTMLDivElement>(null);
  const [wasHeard, setHeard] = useState(false);

  useEffect(() => {
    const draw = () => {
      const now = isOn ? level.get() : 0;
      bar.current?.style.setProperty("--level", now.toFixed(3));
      if (now > HEARD) setHeard(true);
    };
    draw();
    return level.subscribe(draw);
  }, [level, isOn]);
  useEffect(() => {
    if (!isOn) setHeard(false);
  }, [isOn]);

  return (
    <>
      <div className="level" aria-hidden="true">
        <div className="level__bar" ref={bar} />
      </div>
      <p className="muted small" role="status">
        {t(isOn ? (wasHeard ? "check.heard" : "check.speak") : "check.microphoneOff")}
      </p>
    </>
  );
}
