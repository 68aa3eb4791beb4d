/** What a test wants to know of a page for people, beside what can be seen of it. It runs before the page's own scripts. */
export interface Watched {
  /** When the other's first frame was there, after the page began. 0: not yet. */
  firstFrameMs: number;
  /** What has come in through the newest connection. */
  flow: { frames: number; audioBytes: number };
  /** How many connections the page has made that came to stand. */
  connected: number;
  /** Connections that only send are a recorder's: how many stand now, and what has gone out through all that there were. */
  recorded: Recorded;
}

export interface Recorded {
  connections: number;
  bytes: number;
  pictures: number;
  /** How long ago sound began to go out. */
  soundMs: number;
}

declare global {
  interface Window {
    watched: Watched;
  }
}

export function watch(): void {
  const connections: RTCPeerConnection[] = [];
  const watched: Watched = { firstFrameMs: 0, flow: { frames: 0, audioBytes: 0 }, connected: 0, recorded: { connections: 0, bytes: 0, pictures: 0, soundMs: 0 } };
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
    watched.recorded = recorded(standing, reports);
    watched.connected = Math.max(watched.connected, standing.length);
  };
  const sent = new Map<string, { bytes: number; pictures: number }>();
  let soundBegan = 0;
  const recorded = (standing: RTCPeerConnection[], reports: RTCStatsReport[]): Recorded => {
    let open = 0;
    standing.forEach((connection, index) => {
      const onlySends = connection.getTransceivers().every(({ currentDirection }) => currentDirection !== "sendrecv" && currentDirection !== "recvonly");
      if (!onlySends) return;
      open += 1;
      reports[index]?.forEach((row: Record<string, unknown>) => {
        if (row["type"] !== "outbound-rtp") return;
        const isVideo = row["kind"] === "video";
        const pictures = isVideo ? Number(row["framesSent"] ?? row["framesEncoded"] ?? 0) : 0;
        if (!isVideo && Number(row["packetsSent"] ?? 0) > 0) soundBegan ||= performance.now();
        sent.set(`${connections.indexOf(connection)} ${String(row["ssrc"])}`, { bytes: Number(row["bytesSent"] ?? 0), pictures });
      });
    });
    const all = [...sent.values()];
    const soundMs = soundBegan && performance.now() - soundBegan;
    const sum = (key: "bytes" | "pictures"): number => all.reduce((total, each) => total + each[key], 0);
    return { connections: open, bytes: sum("bytes"), pictures: sum("pictures"), soundMs };
  };
  setInterval(() => void count(), 100);
}
