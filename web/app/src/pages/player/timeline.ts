/** A recording's files as what is seen: a lane for each person, parts one after the other on one clock. Pure. */
import type { RecordingFile } from "@bedside/client";

export interface Part {
  readonly key: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly file: RecordingFile;
}

/** What is shown in one place: never two parts at a time. */
export interface Lane {
  readonly key: string;
  readonly userId: string;
  readonly name: string | null;
  readonly role: RecordingFile["role"];
  readonly hasPicture: boolean;
  readonly parts: readonly Part[];
}

/** Parts of one lane may touch: clocks and codecs are not exact to the frame. */
const TOUCH_MS = 400;

/** Somebody who was there on two devices at once has two lanes; who came back has one. */
export function lanesOf(files: readonly RecordingFile[]): Lane[] {
  const lanes: { userId: string; parts: Part[] }[] = [];
  const inOrder = [...files].sort((one, other) => one.startsAtMs - other.startsAtMs);
  for (const file of inOrder) {
    const { startsAtMs, durationMs, userId, leg, part } = file;
    const next: Part = { key: `${leg} ${part}`, startsAtMs, endsAtMs: startsAtMs + durationMs, file };
    const isFree = (lane: (typeof lanes)[number]): boolean =>
      lane.userId === userId && (lane.parts.at(-1)?.endsAtMs ?? 0) <= startsAtMs + TOUCH_MS;
    const lane = lanes.find(isFree);
    if (lane) lane.parts.push(next);
    else lanes.push({ userId, parts: [next] });
  }
  return lanes.map(({ userId, parts }, index) => ({
    key: `${userId} ${index}`,
    userId,
    name: parts.at(-1)?.file.name ?? null,
    role: parts.at(-1)?.file.role,
    hasPicture: parts.some(({ file }) => file.contentType.startsWith("video/")),
    parts,
  }));
}

export const lengthOf = (lanes: readonly Lane[]): number =>
  Math.max(0, ...lanes.flatMap(({ parts }) => parts.map(({ endsAtMs }) => endsAtMs)));

/** What plays at this time: of parts that touch, the later one. */
export const partAt = ({ parts }: Lane, atMs: number): Part | null =>
  parts.findLast(({ startsAtMs, endsAtMs }) => startsAtMs <= atMs && atMs < endsAtMs) ?? null;

/** What plays now or soon, and so has to be at hand. */
export const partsNear = ({ parts }: Lane, atMs: number, aheadMs: number): Part[] =>
  parts.filter(({ startsAtMs, endsAtMs }) => startsAtMs <= atMs + aheadMs && atMs < endsAtMs);

/** Two that are no further apart are heard as one. */
const IN_STEP_S = 0.03;
/** What is further away is not caught up with, but gone to. */
const JUMP_S = 0.35;
/** Caught up with by so much of the distance in a second: what is near is bent by little, which is not heard in speech. */
const HASTE = 1.5;
/** What is farther away, as after a seek, is together again within a second or two; voices keep their pitch. */
const MOST_BEND = 0.25;

export type Correction = { kind: "none" } | { kind: "bend"; factor: number } | { kind: "jump" };

/** What to do with something that is so many seconds ahead of the clock. */
export function correctionFor(aheadS: number): Correction {
  if (Math.abs(aheadS) > JUMP_S) return { kind: "jump" };
  if (Math.abs(aheadS) <= IN_STEP_S) return { kind: "none" };
  return { kind: "bend", factor: 1 - Math.max(-MOST_BEND, Math.min(MOST_BEND, aheadS * HASTE)) };
}
