/** A page that does nothing but what tests tell it: the library on `window.visit`, its pictures in three elements. */
import { Bedside, type CallState, LocalDevices } from "@bedside/client";

const words = new URLSearchParams(location.hash.slice(1));
const word = (name: string): string => words.get(name) ?? "";

/** Every connection that the library makes, newest last: tests count what flows through it. */
const connections: RTCPeerConnection[] = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    connections.push(this);
  }
};

const bedside = new Bedside({ token: word("token"), url: word("url") });
const call = bedside.call(word("room"));

/** What tests look at. */
const visit = {
  bedside,
  call,
  devices: new LocalDevices(),
  /** Every state that the call went through. */
  statuses: [] as CallState["status"][],
  /** When the first frame of the other's picture was there, after the page began. */
  firstFrameMs: null as number | null,
  connections,
  /** What has come in through the newest connection. */
  flow: { frames: 0, audioBytes: 0 },
};
export type VisitPage = typeof visit;

declare global {
  interface Window {
    visit: VisitPage;
  }
}
window.visit = visit;

const element = (id: string): HTMLVideoElement => document.getElementById(id) as HTMLVideoElement;

function show(id: string, stream: MediaStream | null): void {
  const video = element(id);
  if (video.srcObject !== stream) video.srcObject = stream;
}

call.state.subscribe(() => {
  const { status, peers, local } = call.state.get();
  if (visit.statuses.at(-1) !== status) visit.statuses.push(status);
  show("remote", peers[0]?.stream ?? null);
  show("screen", peers[0]?.screen ?? null);
  show("own", local.stream);
});

element("remote").requestVideoFrameCallback(() => (visit.firstFrameMs = performance.now()));

async function count(): Promise<void> {
  // One to a tab that was closed a moment ago may be among them.
  const newest = connections.findLast((connection) => connection.connectionState === "connected");
  const report = await newest?.getStats();
  const flow = { frames: 0, audioBytes: 0 };
  report?.forEach((row: Record<string, unknown>) => {
    if (row["type"] !== "inbound-rtp") return;
    if (row["kind"] === "audio") flow.audioBytes += Number(row["bytesReceived"] ?? 0);
    else flow.frames += Number(row["framesDecoded"] ?? 0);
  });
  visit.flow = flow;
}
setInterval(() => void count(), 100);

// As a page for people does: whoever was in the call when the page was loaded anew goes straight back.
if (call.remembered || word("join")) void call.join();
