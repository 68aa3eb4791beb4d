import { useEffect, useRef, useState } from "react";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";

interface Props {
  stream: MediaStream | null;
  label: string;
  mirrored?: boolean;
  /** One's own sound is not heard. */
  muted?: boolean;
  /** Show all of it rather than fill the place. */
  whole?: boolean;
  /** The loudspeaker that was chosen. */
  speaker?: string | null;
}

/** Sound and picture of a stream. It stays in the page while there is no picture: the sound comes out of it too. */
export function Picture({
  stream,
  label,
  mirrored = false,
  muted = false,
  whole = false,
  speaker = null,
}: Props) {
  const { t } = useTexts();
  const video = useRef<HTMLVideoElement>(null);
  const [isBlocked, setBlocked] = useState(false);

  useEffect(() => {
    const element = video.current;
    if (!element || element.srcObject === stream) return;
    element.srcObject = stream;
    if (!stream) return;
    element.play().then(
      () => setBlocked(false),
      // Browsers start sound only after the page was touched. A stream that was replaced meanwhile says AbortError.
      (thrown: unknown) => setBlocked(thrown instanceof DOMException && thrown.name === "NotAllowedError"),
    );
  }, [stream]);

  useEffect(() => {
    const element = video.current;
    // Not every browser lets a page choose, and a loudspeaker may be unplugged: then it is the usual one.
    if (element && speaker !== null && "setSinkId" in element)
      element.setSinkId(speaker).catch(() => undefined);
  }, [speaker]);

  const classes = ["picture", mirrored && "picture--mirrored", whole && "picture--whole"];
  return (
    <>
      <video
        ref={video}
        className={classes.filter(Boolean).join(" ")}
        aria-label={label}
        autoPlay
        playsInline
        muted={muted}
      />
      {isBlocked && (
        <Button
          className="picture__start"
          look="primary"
          icon="speaker"
          onClick={() => void video.current?.play().then(() => setBlocked(false))}
        >
          {t("picture.start")}
        </Button>
      )}
    </>
  );
}
