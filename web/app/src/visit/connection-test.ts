/** Whether a visit will work from here: the server answers, live messages get through, the browser can hold a call. */

export type Verdict = "running" | "good" | "slow" | "bad";
export interface TestState {
  server: Verdict;
  /** How long an answer takes. */
  answerMs: number | null;
  socket: Verdict;
  call: Verdict;
}

export const RUNNING: TestState = { server: "running", answerMs: null, socket: "running", call: "running" };

const ANSWERS = 3;
/** Above this, people begin to speak into each other's words (ITU-T G.114 allows 400 ms there and back at most). */
const SLOW_MS = 400;
const PATIENCE_MS = 8_000;

export async function testConnection(tell: (change: Partial<TestState>) => void): Promise<void> {
  await Promise.all([
    answerTime().then(
      (answerMs) => tell({ server: answerMs > SLOW_MS ? "slow" : "good", answerMs }),
      () => tell({ server: "bad" }),
    ),
    socketOpens().then((opens) => tell({ socket: opens ? "good" : "slow" })),
    callHolds().then((holds) => tell({ call: holds ? "good" : "bad" })),
  ]);
}

/** The shortest of a few: the first one also pays for looking up and shaking hands. */
async function answerTime(): Promise<number> {
  let shortest = Infinity;
  for (let count = 0; count < ANSWERS; count += 1) {
    const from = performance.now();
    const response = await fetch("/livez", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw new Error("the server is not well");
    shortest = Math.min(shortest, performance.now() - from);
  }
  return Math.round(shortest);
}

/** Some networks let pages through and sockets not. It is opened and closed; nobody signs in on it. */
function socketOpens(): Promise<boolean> {
  return within((settle) => {
    const address = new URL("/ws", window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    socket.addEventListener("open", () => settle(true));
    socket.addEventListener("error", () => settle(false));
    return () => socket.close();
  });
}

/** A call from this page to itself. Some browsers, and some clinics' policies, have switched that off. */
function callHolds(): Promise<boolean> {
  if (!("RTCPeerConnection" in window)) return Promise.resolve(false);
  return within((settle) => {
    const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
    one.addEventListener(
      "icecandidate",
      ({ candidate }) => void other.addIceCandidate(candidate ?? undefined).catch(() => undefined),
    );
    other.addEventListener(
      "icecandidate",
      ({ candidate }) => void one.addIceCandidate(candidate ?? undefined).catch(() => undefined),
    );
    one.createDataChannel("test").addEventListener("open", () => settle(true));
    introduce(one, other).catch(() => settle(false));
    return () => {
      one.close();
      other.close();
    };
  });
}

async function introduce(one: RTCPeerConnection, other: RTCPeerConnection): Promise<void> {
  await one.setLocalDescription();
  if (one.localDescription) await other.setRemoteDescription(one.localDescription);
  await other.setLocalDescription();
  if (other.localDescription) await one.setRemoteDescription(other.localDescription);
}

/** What has not been settled in time has failed. What `begin` returns tidies up. */
function within(begin: (settle: (outcome: boolean) => void) => () => void): Promise<boolean> {
  return new Promise((resolve) => {
    let tidy: () => void = () => undefined;
    const timer = setTimeout(() => settle(false), PATIENCE_MS);
    const settle = (outcome: boolean) => {
      clearTimeout(timer);
      resolve(outcome);
      tidy();
    };
    tidy = begin(settle);
  });
}
