/** Recording, as people meet it: the question, the sign, the way out, and what can be played afterwards. */
import type { RecordingDetails } from "@bedside/client";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { type Browser, chromium } from "../../src/browser.js";
import { Meeting, type Somebody, isolated } from "../../src/people.js";
import { RECORDING, keptRecording } from "../../src/recording.js";
import { type Server, startServer } from "../../src/server.js";

let server: Server;
let browser: Browser;
let meeting: Meeting;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ ...RECORDING, BEDSIDE_SERVER__PAGES: inject("app") }), chromium()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});
beforeEach(async () => {
  meeting = await Meeting.begin(server);
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(await meeting.told());
  await meeting.ends();
});

/** As much as is sent of a microphone alone. */
const SOUND = { bytes: 1_000, pictures: 0 };

const title = ({ tab }: Somebody): Promise<string> => tab.run(() => document.title);

/** How much the browser has sent to recorders. */
const sent = ({ tab }: Somebody): Promise<number> => tab.run(() => window.watched.recorded.bytes);

/** The doctor asks, and everybody is asked. */
async function asks(doctor: Somebody, everybody: readonly Somebody[]): Promise<void> {
  await doctor.press("button", "Record the visit");
  await doctor.press("button", "Ask everybody");
  for (const somebody of everybody) await somebody.sees("heading", "May you be recorded?");
}

/** Both agree, and it runs. */
async function bothAgree(doctor: Somebody, patient: Somebody): Promise<void> {
  await asks(doctor, [doctor, patient]);
  await doctor.press("button", "Yes, record me");
  await patient.press("button", "Yes, record me");
  await Promise.all([doctor.isRecorded(), patient.isRecorded()]);
}

test("nothing is sent before both have agreed, and then it runs until the doctor stops it", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await asks(doctor, [doctor, patient]);
  await patient.reads("It is up to you.");
  await doctor.press("button", "Yes, record me");
  await doctor.reads("Nothing is recorded yet.");
  expect(await Promise.all([sent(doctor), sent(patient)])).toEqual([0, 0]);
  await patient.press("button", "Yes, record me");
  await Promise.all([doctor.isRecorded(), patient.isRecorded()]);
  await patient.reads("You are recorded.");
  expect(await title(patient)).toMatch(/^● /);
  await patient.press("button", "Turn camera off");
  await patient.isRecorded(SOUND);
  await patient.press("button", "Turn camera on");
  await patient.isRecorded();
  await doctor.press("button", "Stop the recording");
  await patient.reads("The doctor stopped it.");
  await Promise.all([doctor.isNotRecorded(), patient.isNotRecorded()]);
  await patient.tab.until(() => !document.title.startsWith("●"));
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
  await patient.reads(`${isolated("Ben")} agreed to be recorded.`);
});

test("closing the question decides nothing, and who says no later is not recorded", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await asks(doctor, [doctor, patient]);
  await doctor.press("button", "Yes, record me");
  await patient.press("button", "Close");
  await patient.reads("Waiting for your answer.");
  await patient.press("button", "Answer");
  await patient.press("button", "No, do not record me");
  await doctor.reads("Not everybody agreed.");
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
  expect(await sent(patient)).toBe(0);
});

test("who loads the page anew is recorded on without being asked, and a patient who no longer agrees ends it", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await bothAgree(doctor, patient);
  await patient.tab.reload();
  await patient.seesAndHears("Dr. Anna");
  await patient.isRecorded();
  await patient.reads("You are recorded.");
  await patient.press("button", "Do not record me any more");
  await patient.sees("heading", "Stop recording you?");
  await patient.press("button", "Do not record me any more");
  await patient.isNotRecorded();
  await Promise.all([doctor, patient].map((somebody) => somebody.sees("button", "Understood")));
  await doctor.reads("Somebody no longer agrees.");
  await doctor.reads(`${isolated("Ben")} no longer agrees to be recorded.`);
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
});

test("who joins later is asked first, nothing is recorded meanwhile, and who said no can still agree", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await bothAgree(doctor, patient);
  // Three cameras, each sent twice and recorded, are much for a small machine.
  for (const somebody of [doctor, patient]) await somebody.press("button", "Turn camera off");
  const guest = await meeting.guestComes("Gil", browser);
  await guest.press("button", "Turn camera off");
  await guest.press("button", "Join the visit");
  await doctor.press("button", "Let in Gil");
  await guest.sees("heading", "May you be recorded?");
  await doctor.reads("Recording paused");
  await Promise.all([doctor.isNotRecorded(), patient.isNotRecorded()]);
  await guest.press("button", "No, do not record me");
  await Promise.all([doctor.isRecorded(SOUND), patient.isRecorded(SOUND)]);
  await guest.reads("You are not recorded.");
  expect(await sent(guest)).toBe(0);
  await guest.press("button", "Agree after all");
  await guest.press("button", "Yes, record me");
  await guest.isRecorded(SOUND);
  await guest.reads("You are recorded.");
});

/** How far those who play are from each other on the recording's own clock, at the worst while one looks; and where they are. */
async function inStep({ tab }: Somebody, { files }: RecordingDetails): Promise<{ apartMs: number; atMs: number }> {
  const starts = files.map(({ url, startsAtMs }) => ({ url, startsAtMs }));
  return tab.run(async (starts) => {
    const places = (): number[] =>
      [...document.querySelectorAll("video")].map((video) => {
        const start = starts.find(({ url }) => video.src.endsWith(url))?.startsAtMs ?? Number.NaN;
        return start + video.currentTime * 1_000;
      });
    let apartMs = 0;
    for (let look = 0; look < 15; look += 1) {
      await new Promise((resume) => setTimeout(resume, 100));
      const now = places();
      apartMs = Math.max(apartMs, now.length > 1 ? Math.max(...now) - Math.min(...now) : Number.NaN);
    }
    return { apartMs, atMs: Math.max(...places()) };
  }, starts);
}

/** Two pictures move. */
const bothPlay = ({ tab }: Somebody): Promise<unknown> =>
  tab.until(() => {
    const all = [...document.querySelectorAll("video")];
    return all.length === 2 && all.every((video) => !video.paused && !video.seeking && video.readyState >= 3 && video.videoWidth > 0);
  });

test("a visit that was recorded is played afterwards, both side by side in step, sought in, and deleted", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await bothAgree(doctor, patient);
  await Promise.all([doctor, patient].map((somebody) => somebody.isRecorded({ bytes: 100_000, pictures: 75 })));
  await doctor.press("button", "Leave the visit");
  await doctor.press("button", "End for everyone");
  const kept = await keptRecording(meeting);
  expect(new Set(kept.files.map(({ userId }) => userId)).size).toBe(2);
  await doctor.press("link", "Read the chat");
  await doctor.press("button", "Play the recording");
  await doctor.press("button", "Play");
  await bothPlay(doctor);
  // They settle at first.
  await inStep(doctor, kept);
  const first = await inStep(doctor, kept);
  expect(first.apartMs).toBeLessThanOrEqual(100);
  await doctor.press("button", "Pause");
  await doctor.tab.find("slider", "Position").fill("1000");
  await doctor.press("button", "Play");
  await bothPlay(doctor);
  const sought = await inStep(doctor, kept);
  expect(sought.atMs).toBeLessThan(first.atMs);
  await doctor.press("button", "Delete the recording");
  await doctor.sees("heading", "Delete this recording?");
  await doctor.press("button", "Delete the recording");
  await doctor.tab.until(() => document.querySelector("video") === null);
  await doctor.reads("was deleted");
});
