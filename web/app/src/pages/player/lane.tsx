/** One person of a recording: their picture, or their initials, and whether they are heard. */
import { useCallback, useState } from "react";
import { useSomebody } from "../../identity/identity";
import { useReadable } from "../../store";
import { useTexts } from "../../texts/texts";
import { Icon } from "../../ui/icon";
import { Initials, Name } from "../../ui/person";
import type { Playback } from "./playback";
import { type Lane, type Part, partAt, partsNear } from "./timeline";

/** What begins so soon is fetched already. */
const AHEAD_MS = 15_000;

export function LaneView({ lane, playback }: { lane: Lane; playback: Playback }) {
  const { t } = useTexts();
  const { atMs } = useReadable(playback.state);
  const [isHeard, setHeard] = useState(true);
  const [failed, setFailed] = useState<readonly string[]>([]);
  const name = lane.name ?? t(lane.role ? `role.${lane.role}` : "somebody");
  const current = partAt(lane, atMs);
  const hasPicture = current?.file.contentType.startsWith("video/") ?? false;
  return (
    <li className={lane.hasPicture ? "lane" : "lane lane--sound"}>
      {partsNear(lane, atMs, AHEAD_MS).map((part) => (
        <PartView
          key={part.key}
          part={part}
          playback={playback}
          isShown={part === current && hasPicture}
          isHeard={isHeard}
          label={t("peer.picture", { name })}
          onFailed={() => setFailed((keys) => [...keys, part.key])}
        />
      ))}
      {!hasPicture && (
        <div className="lane__instead">
          <Initials name={name} large />
        </div>
      )}
      {current === null && <p className="lane__words">{t("player.gone", { name })}</p>}
      {current && failed.includes(current.key) && (
        <p className="lane__words" role="alert">
          {t("player.problem")}
        </p>
      )}
      <p className="lane__name">
        <Name>{name}</Name>
        <label className="lane__sound">
          <input
            type="checkbox"
            checked={isHeard}
            aria-label={t("player.sound", { name })}
            onChange={({ target }) => setHeard(target.checked)}
          />
          <Icon name="speaker" />
        </label>
      </p>
    </li>
  );
}

interface PartProps {
  part: Part;
  playback: Playback;
  isShown: boolean;
  isHeard: boolean;
  label: string;
  onFailed: () => void;
}

function PartView({ part, playback, isShown, isHeard, label, onFailed }: PartProps) {
  const { client } = useSomebody();
  const attach = useCallback(
    (element: HTMLVideoElement | null) => (element ? playback.attach(part, element) : undefined),
    [playback, part],
  );
  return (
    // Sound without a picture plays in it just as well.
    <video
      ref={attach}
      className={isShown ? "lane__picture" : "lane__picture lane__picture--hidden"}
      src={client.recordings.addressOf(part.file)}
      preload="auto"
      playsInline
      muted={!isHeard}
      aria-label={label}
      onError={onFailed}
    />
  );
}
