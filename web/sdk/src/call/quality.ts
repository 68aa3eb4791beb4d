/** How a call is, out of what the browser counts (W3C WebRTC Statistics). Pure. */
import type { CallStats, Quality } from "./state.js";

/** What has been counted up to some moment; figures that only grow. */
export interface Counts {
  readonly atMs: number;
  readonly bytes: number;
  readonly received: number;
  readonly lost: number;
  readonly framesDecoded: number | null;
}

/** One look at a connection. */
export interface Look {
  readonly counts: Counts;
  readonly rttMs: number | null;
  readonly jitterMs: number | null;
  /** What the other side says is lost of what goes out. */
  readonly outgoingLossPercent: number | null;
  readonly frameWidth: number | null;
  readonly frameHeight: number | null;
  readonly candidateType: CallStats["candidateType"];
}

type Row = Readonly<Record<string, unknown>>;

/** Read a report. Browsers differ in what they give: whatever is not there is null. */
export function look(rows: Iterable<Row>, atMs: number): Look {
  const all = [...rows];
  const ofType = (type: string): Row[] => all.filter((row) => row["type"] === type);
  const byId = (id: unknown): Row | undefined => all.find((row) => row["id"] === id);
  const inbound = ofType("inbound-rtp");
  const video = inbound.find((row) => row["kind"] === "video" && number(row["framesDecoded"]) !== null);
  const pair =
    byId(ofType("transport").find((row) => row["selectedCandidatePairId"])?.["selectedCandidatePairId"]) ??
    ofType("candidate-pair").find((row) => row["nominated"] === true && row["state"] === "succeeded");
  const remote = ofType("remote-inbound-rtp");
  const rtt = number(pair?.["currentRoundTripTime"]) ?? most(remote, "roundTripTime");
  return {
    counts: {
      atMs,
      bytes: sum(inbound, "bytesReceived"),
      received: sum(inbound, "packetsReceived"),
      lost: sum(inbound, "packetsLost"),
      framesDecoded: number(video?.["framesDecoded"]),
    },
    rttMs: scaled(rtt, 1_000),
    jitterMs: scaled(most(inbound, "jitter"), 1_000),
    outgoingLossPercent: scaled(most(remote, "fractionLost"), 100),
    frameWidth: number(video?.["frameWidth"]),
    frameHeight: number(video?.["frameHeight"]),
    candidateType: candidateType(byId(pair?.["localCandidateId"])?.["candidateType"]),
  };
}

/** What two looks say about the time between them. */
export function statsBetween(before: Look | null, now: Look): CallStats {
  const { rttMs, jitterMs, frameWidth, frameHeight, candidateType, outgoingLossPercent } = now;
  const seconds = before === null ? 0 : (now.counts.atMs - before.counts.atMs) / 1_000;
  // Counters begin again with a new connection: then there is nothing to compare with.
  const isComparable = before !== null && seconds > 0 && now.counts.bytes >= before.counts.bytes;
  const base = { rttMs, jitterMs, frameWidth, frameHeight, candidateType };
  if (!isComparable) return { ...base, lossPercent: null, bitrateKbps: null, framesPerSecond: null };
  const received = now.counts.received - before.counts.received;
  const lost = Math.max(0, now.counts.lost - before.counts.lost);
  const incomingLoss = received + lost > 0 ? (100 * lost) / (received + lost) : null;
  const frames =
    now.counts.framesDecoded === null ? null : now.counts.framesDecoded - (before.counts.framesDecoded ?? 0);
  return {
    ...base,
    lossPercent: worse(incomingLoss, outgoingLossPercent),
    bitrateKbps: (8 * (now.counts.bytes - before.counts.bytes)) / seconds / 1_000,
    framesPerSecond: frames === null ? null : Math.max(0, frames) / seconds,
  };
}

/** From here on speech breaks up, or people talk into each other's words (ITU-T G.114 for the delay). */
const POOR = { lossPercent: 8, rttMs: 600, jitterMs: 120, framesPerSecond: 5 };
/** From here on it is noticed. */
const FAIR = { lossPercent: 2, rttMs: 300, jitterMs: 50, framesPerSecond: 10 };

/** In a word. `showsVideo`: whether pictures are meant to come. */
export function qualityOf(stats: CallStats, showsVideo: boolean): Quality {
  if (stats.bitrateKbps === null) return "unknown";
  const isBeyond = (limit: typeof POOR): boolean =>
    (stats.lossPercent ?? 0) >= limit.lossPercent ||
    (stats.rttMs ?? 0) >= limit.rttMs ||
    (stats.jitterMs ?? 0) >= limit.jitterMs ||
    (showsVideo && stats.framesPerSecond !== null && stats.framesPerSecond < limit.framesPerSecond);
  if (isBeyond(POOR)) return "poor";
  return isBeyond(FAIR) ? "fair" : "good";
}

/** Does not jump: a word changes when it was right twice in a row. */
export function steady(shown: Quality, before: Quality, now: Quality): Quality {
  return shown === "unknown" || now === before ? now : shown;
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function sum(rows: readonly Row[], key: string): number {
  return rows.reduce((total, row) => total + (number(row[key]) ?? 0), 0);
}

function most(rows: readonly Row[], key: string): number | null {
  return rows.reduce<number | null>((found, row) => worse(found, number(row[key])), null);
}

function worse(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

function scaled(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

function candidateType(value: unknown): CallStats["candidateType"] {
  return value === "host" || value === "srflx" || value === "prflx" || value === "relay" ? value : null;
}
