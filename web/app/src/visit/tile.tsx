import type { CallPeer } from "@bedside/client";
import { type Key, useTexts } from "../texts/texts";
import { Icon } from "../ui/icon";
import { Initials, Name } from "../ui/person";
import { wordOf } from "./call-words";
import { Picture } from "./picture";

/** Somebody's picture, or their initials; with their name, and in words what is the matter. */
export function PeerTile({ peer, speaker }: { peer: CallPeer; speaker: string | null }) {
  const { t } = useTexts();
  const name = peer.name ?? t(`role.${peer.role}`);
  const matter = matterOf(peer);
  return (
    <li className={peer.away ? "tile tile--away" : "tile"}>
      <Picture stream={peer.stream} label={t("peer.picture", { name })} speaker={speaker} />
      {!peer.media.video && (
        <div className="tile__instead">
          <Initials name={name} large />
        </div>
      )}
      {matter && (
        <p className={`tile__matter tile__matter--${matter.slice("peer.".length)}`} role="status">
          {t(matter, { name })}
        </p>
      )}
      <p className="tile__name">
        {!peer.media.audio && <Icon name="microphoneOff" />}
        <Name>{name}</Name>
        {!peer.media.audio && <span className="unseen">{t("peer.muted")}</span>}
        {!peer.media.video && <span className="unseen">{t("peer.noPicture")}</span>}
      </p>
    </li>
  );
}

function matterOf(peer: CallPeer): Key | null {
  if (peer.away) return "peer.away";
  const word = wordOf(peer);
  if (word === "connecting" || word === "interrupted" || word === "failed" || word === "poor")
    return `peer.${word}`;
  return null;
}

/** A shared screen. `name` is null for one's own. */
export function ScreenTile({ name, stream }: { name: string | null; stream: MediaStream | null }) {
  const { t } = useTexts();
  const label = name === null ? t("screen.own") : t("screen.of", { name });
  return (
    <div className="tile tile--screen">
      {/* The sound of a shared screen comes with it; one's own is not heard twice. */}
      <Picture stream={stream} label={label} whole muted={name === null} />
      <p className="tile__name">
        <Icon name="screen" />
        {label}
      </p>
    </div>
  );
}
