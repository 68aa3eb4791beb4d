import { expect, test } from "vitest";
import { levelOf } from "../src/call/level.js";
import { look, qualityOf, statsBetween, steady } from "../src/call/quality.js";

const report = (part: Record<string, number> = {}) => [
  { type: "transport", id: "T", selectedCandidatePairId: "P" },
  { type: "candidate-pair", id: "P", currentRoundTripTime: 0.05, localCandidateId: "C" },
  { type: "local-candidate", id: "C", candidateType: "relay" },
  { type: "inbound-rtp", kind: "audio", bytesReceived: 1_000, packetsReceived: 100, packetsLost: 0, jitter: 0.01 },
  {
    type: "inbound-rtp",
    kind: "video",
    bytesReceived: 9_000,
    packetsReceived: 100,
    packetsLost: 0,
    jitter: 0.02,
    framesDecoded: 10,
    frameWidth: 1280,
    frameHeight: 720,
    ...part,
  },
];

test("two looks give what came between them", () => {
  const before = look(report(), 0);
  const now = look(report({ bytesReceived: 34_000, packetsReceived: 195, packetsLost: 5, framesDecoded: 50 }), 2_000);
  expect(statsBetween(before, now)).toEqual({
    rttMs: 50,
    jitterMs: 20,
    lossPercent: 5,
    bitrateKbps: 100,
    frameWidth: 1280,
    frameHeight: 720,
    framesPerSecond: 20,
    candidateType: "relay",
  });
});

test("one look, or one of a new connection, knows nothing of a time between", () => {
  expect(statsBetween(null, look(report(), 0))).toMatchObject({ lossPercent: null, bitrateKbps: null });
  const renewed = look(report({ bytesReceived: 10 }), 2_000);
  expect(statsBetween(look(report(), 0), renewed)).toMatchObject({ bitrateKbps: null, framesPerSecond: null });
});

test("a report with nothing in it is no fault", () => {
  expect(look([], 0)).toMatchObject({ rttMs: null, jitterMs: null, candidateType: null, frameWidth: null });
});

test("what the other side loses counts as well", () => {
  const lossy = [...report(), { type: "remote-inbound-rtp", fractionLost: 0.25, roundTripTime: 0.2 }];
  const now = look([...lossy], 2_000);
  expect(statsBetween(look(report(), 0), now).lossPercent).toBe(25);
});

test("a call is good, fair or poor, and a camera that is off does not make it poor", () => {
  const good = statsBetween(look(report(), 0), look(report({ framesDecoded: 60, bytesReceived: 50_000 }), 2_000));
  expect(qualityOf(good, true)).toBe("good");
  expect(qualityOf({ ...good, lossPercent: 3 }, true)).toBe("fair");
  expect(qualityOf({ ...good, rttMs: 900 }, true)).toBe("poor");
  expect(qualityOf({ ...good, framesPerSecond: 0 }, true)).toBe("poor");
  expect(qualityOf({ ...good, framesPerSecond: 0 }, false)).toBe("good");
  expect(qualityOf({ ...good, bitrateKbps: null }, true)).toBe("unknown");
});

test("the word changes only when it was right twice in a row", () => {
  expect(steady("unknown", "unknown", "good")).toBe("good");
  expect(steady("good", "good", "poor")).toBe("good");
  expect(steady("good", "poor", "poor")).toBe("poor");
});

test("a level goes from silence to as loud as it gets", () => {
  const tone = (loudness: number) => Float32Array.from({ length: 64 }, (_, index) => (index % 2 ? 1 : -1) * loudness);
  expect(levelOf(tone(0))).toBe(0);
  expect(levelOf(tone(1))).toBe(1);
  expect(levelOf(tone(0.1))).toBeCloseTo(2 / 3, 5);
});
