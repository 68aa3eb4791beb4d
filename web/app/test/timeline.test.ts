import type { RecordingFile } from "@bedside/client";
import { expect, test } from "vitest";
import { correctionFor, lanesOf, lengthOf, partAt, partsNear } from "../src/pages/player/timeline";

const file = (
  userId: string,
  leg: string,
  startsAtMs: number,
  durationMs: number,
  more = {},
): RecordingFile => ({
  leg,
  part: 0,
  userId,
  name: userId,
  role: null,
  url: `/${leg}`,
  contentType: "video/webm",
  codecs: ["vp8", "opus"],
  startsAtMs,
  durationMs,
  bytes: 1,
  recovered: false,
  ...more,
});

test("somebody who came back has one lane, and what was between is empty", () => {
  const lanes = lanesOf([
    file("ben", "0-2", 20_000, 5_000),
    file("anna", "0-0", 0, 25_000),
    file("ben", "0-1", 300, 9_700),
  ]);
  expect(lanes.map(({ userId, parts }) => [userId, parts.length])).toEqual([
    ["anna", 1],
    ["ben", 2],
  ]);
  const ben = lanes[1];
  expect(ben && [0, 5_000, 15_000, 22_000].map((at) => partAt(ben, at)?.file.leg ?? null)).toEqual([
    null,
    "0-1",
    null,
    "0-2",
  ]);
});

test("somebody who was there on two devices at once has two lanes", () => {
  expect(lanesOf([file("ben", "0-0", 0, 10_000), file("ben", "0-1", 4_000, 10_000)])).toHaveLength(2);
});

test("parts that touch stay in one lane, and the later one is played where they overlap", () => {
  const [lane, ...others] = lanesOf([
    file("ben", "0-0", 0, 10_100),
    file("ben", "0-0", 10_000, 5_000, { part: 1 }),
  ]);
  expect(others).toEqual([]);
  expect(lane && partAt(lane, 10_050)?.file.part).toBe(1);
});

test("a recording is as long as what ends last", () => {
  expect(lengthOf(lanesOf([file("anna", "0-0", 0, 25_000), file("ben", "0-1", 24_000, 3_000)]))).toBe(27_000);
  expect(lengthOf([])).toBe(0);
});

test("what begins soon is at hand, what is over is not", () => {
  const [lane] = lanesOf([
    file("ben", "0-0", 0, 1_000),
    file("ben", "0-1", 5_000, 1_000),
    file("ben", "0-2", 60_000, 1_000),
  ]);
  expect(lane && partsNear(lane, 2_000, 15_000).map(({ file }) => file.leg)).toEqual(["0-1"]);
});

test("a little apart is caught up with, far apart is gone to, and in step is left alone", () => {
  expect(correctionFor(0.01)).toEqual({ kind: "none" });
  expect(correctionFor(-2)).toEqual({ kind: "jump" });
  const ahead = correctionFor(0.05);
  const behind = correctionFor(-0.05);
  expect(ahead.kind === "bend" && ahead.factor).toBeCloseTo(0.925);
  expect(behind.kind === "bend" && behind.factor).toBeCloseTo(1.075);
  const late = correctionFor(-0.3);
  expect(late.kind === "bend" && late.factor).toBeCloseTo(1.25);
});

test("somebody without a camera has a lane without a picture", () => {
  expect(lanesOf([file("ben", "0-0", 0, 1_000, { contentType: "audio/webm" })])[0]?.hasPicture).toBe(false);
});
