/** Everybody's pictures. A screen that is shared stands large, and the faces beside it. */
import type { CallPeer, LocalMedia } from "@bedside/client";
import { useTexts } from "../texts/texts";
import { PeerTile, ScreenTile } from "./tile";

interface Props {
  peers: readonly CallPeer[];
  local: LocalMedia;
  speaker: string | null;
}

export function Stage({ peers, local, speaker }: Props) {
  const { t } = useTexts();
  const screens = peers.filter(({ screen }) => screen !== null);
  const hasScreen = screens.length > 0 || local.screen;
  if (peers.length === 0 && !hasScreen) {
    return (
      <div className="stage stage--alone">
        <p>{t("stage.alone")}</p>
      </div>
    );
  }
  return (
    <div className={hasScreen ? "stage stage--screen" : "stage"} data-count={Math.min(peers.length, 9)}>
      {hasScreen && (
        <div className="stage__screens">
          {screens.map(({ peerId, name, screen }) => (
            <ScreenTile key={peerId} name={name} stream={screen} />
          ))}
          {screens.length === 0 && <ScreenTile name={null} stream={local.screenStream} />}
        </div>
      )}
      <ul className="stage__tiles">
        {peers.map((peer) => (
          <PeerTile key={peer.peerId} peer={peer} speaker={speaker} />
        ))}
      </ul>
    </div>
  );
}
