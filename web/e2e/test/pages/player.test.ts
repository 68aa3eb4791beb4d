/** What was recorded is played: everybody side by side, in step, sought in, through all its parts, and deleted. */
import type { RecordingFile } from "@bedside/client";
import { expect, test } from "vitest";
import { sendsAs } from "../../src/codec.js";
import type { Somebody } from "../../src/people.js";
import { follow, inStep, seek } from "../../src/play.js";
import { place } from "../../src/place.js";
import { RECORDING, bothAgree, keptRecording } from "../../src/recording.js";

/** They are in step so soon after they began to play, or were told to play elsewhere, also on a machine that is busy. */
const MOST_SETTLING_MS = 3_000;
/** Clocks of pictures are not exact to the frame. */
const FRAME_MS = 100;
/** At twice the speed, and as seldom as a busy browser draws. */
const UNSEEN_MS = 1_500;

const here = place(RECORDING);

/** The doctor ends the visit, and opens its recording. */
async function opensPlayer(doctor: Somebody) {
  await doctor.press("button", "Leave the visit");
  await doctor.press("button", "End for everyone");
  const kept = await keptRecording(here.meeting);
  await doctor.press("link", "Read the chat");
  await doctor.press("button", "Play the recording");
  await doctor.sees("button", "Play");
  await follow(doctor, kept.files);
  return kept.files;
}

/** Where both were when they came together. */
async function areInStep(doctor: Somebody): Promise<number> {
  const { beganMs, settledMs, apartMs } = await inStep(doctor, 2);
  console.info(`together after ${Math.round(settledMs - beganMs)} ms, then ${Math.round(apartMs)} ms apart at most`);
  expect(settledMs - beganMs).toBeLessThanOrEqual(MOST_SETTLING_MS);
  return settledMs;
}

test("a visit that was recorded is played afterwards, both side by side in step, sought in, and deleted", async () => {
  const { doctor, patient } = await here.meeting.both(here.browser, here.browser);
  await bothAgree(doctor, patient);
  await Promise.all([doctor, patient].map((somebody) => somebody.isRecorded({ bytes: 100_000, pictures: 75 })));
  const files = await opensPlayer(doctor);
  expect(new Set(files.map(({ userId }) => userId)).size).toBe(2);
  await doctor.press("button", "Play");
  await areInStep(doctor);
  await doctor.press("button", "Pause");
  await seek(doctor, 1_000);
  await doctor.press("button", "Play");
  const atMs = await areInStep(doctor);
  expect(atMs).toBeGreaterThan(1_000 - FRAME_MS);
  expect(atMs).toBeLessThan(1_000 + MOST_SETTLING_MS + FRAME_MS);
  await doctor.press("button", "Delete the recording");
  await doctor.sees("heading", "Delete this recording?");
  await doctor.press("button", "Delete the recording");
  await doctor.tab.until(() => document.querySelector("video") === null);
  await doctor.reads("was deleted");
});

test("people who came back with another codec are played through all their parts, in step wherever one goes", async () => {
  const { doctor, patient } = await here.meeting.both(here.browser, here.browser, {
    doctor: { before: [sendsAs("vp9", "vp8")] },
    patient: { before: [sendsAs("vp8", "vp9")] },
  });
  await bothAgree(doctor, patient);
  const areRecorded = () => Promise.all([doctor, patient].map((somebody) => somebody.isRecorded({ pictures: 75 })));
  await areRecorded();
  await patient.tab.reload();
  await areRecorded();
  await doctor.tab.reload();
  await areRecorded();

  const files = await opensPlayer(doctor);
  const codecs = (userId: string) =>
    files.flatMap((file) => (file.userId === userId ? file.codecs.filter((codec) => /^vp/i.test(codec)) : []));
  expect(codecs(here.meeting.doctor.id).map((codec) => codec.toLowerCase())).toEqual(["vp9", "vp8"]);
  expect(files.length).toBe(4);

  await doctor.tab.find("combobox", "Speed").choose("2");
  await doctor.press("button", "Play");
  await doctor.sees("button", "Pause");
  // It stops at its end.
  await doctor.sees("button", "Play");
  const { played } = await doctor.tab.run(() => window.followed);
  for (const { url, durationMs } of files) {
    expect(played[url]?.fromMs).toBeLessThan(UNSEEN_MS);
    expect(played[url]?.toMs).toBeGreaterThan(durationMs - UNSEEN_MS);
  }

  await doctor.tab.find("combobox", "Speed").choose("1");
  const [theirs, others] = [true, false].map((isDoctor) =>
    files.filter(({ userId }) => (userId === here.meeting.doctor.id) === isDoctor),
  );
  const together = (theirs ?? []).flatMap((one) => (others ?? []).flatMap((other) => overlap(one, other)));
  expect(together.length).toBe(3);
  await seek(doctor, together[2]?.fromMs ?? 0);
  await doctor.press("button", "Play");
  for (const index of [2, 0, 1]) {
    const { fromMs, toMs } = together[index] ?? { fromMs: 0, toMs: 0 };
    if (index !== 2) await seek(doctor, fromMs);
    const atMs = await areInStep(doctor);
    expect(atMs).toBeGreaterThan(fromMs - FRAME_MS);
    expect(atMs).toBeLessThan(toMs);
  }
});

/** Where both play for a while. */
function overlap(one: RecordingFile, other: RecordingFile): { fromMs: number; toMs: number }[] {
  const fromMs = Math.max(one.startsAtMs, other.startsAtMs) + 200;
  const toMs = Math.min(one.startsAtMs + one.durationMs, other.startsAtMs + other.durationMs);
  return toMs - fromMs > 2_000 ? [{ fromMs, toMs }] : [];
}
