/** What a test wants to know of a page for people, beside what can be seen of it. It runs before the page's own scripts. */
export interface Watched {
  /** When the other's first frame was there, after the page began. 0: not yet. */
  firstFrameMs: number;
  /** What has come in through the newest connection. */
  flow: { frames: number; audioBytes: number };
  /** How many connections the page has made that came to stand. */
  connected: number;
}

declare global {
  interface Window {
    watched: Watched;
  }
}

export function watch(): void {
  const connections: RTCPeerConnection[] = [];
  const watched: Watched = { firstFrameMs: 0, flow: { frames: 0, audioBytes: 0 }, connected: 0 };
  window.watched = watched;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };

  // One's own picture is muted: what is not comes from somebody else.
  const look = ({ target }: Event) => {
    const isOther = target instanceof HTMLVideoElement && !target.muted && target.videoWidth > 0;
    if (isOther && watched.firstFrameMs === 0) watched.firstFrameMs = performance.now();
  };
  for (const kind of ["loadeddata", "resize", "playing"]) document.addEventListener(kind, look, true);

  const count = async () => {
    const standing = connections.filter(({ connectionState }) => connectionState === "connected");
    const flow = { frames: 0, audioBytes: 0 };
    // The device check holds a call with itself; it never carries pictures.
    const reports = await Promise.all(standing.map((connection) => connection.getStats()));
    for (const report of reports) {
      report.forEach((row: Record<string, unknown>) => {
        if (row["type"] !== "inbound-rtp") return;
        if (row["kind"] === "audio") flow.audioBytes += Number(row["bytesReceived"] ?? 0);
        else flow.frames += Number(row["framesDecoded"] ?? 0);
      });
    }
    watched.flow = flow;
    watched.connected = Math.max(watched.connected, standing.length);
  };
  setInterval(() => void count(), 100);
}
