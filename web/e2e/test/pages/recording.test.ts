/** Recording, as people meet it: the question, the sign, the way out, and what can be played afterwards. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { type Browser, chromium, firefox } from "../../src/browser.js";
import { Meeting, type Somebody, isolated } from "../../src/people.js";
import { RECORDING, keptRecording } from "../../src/recording.js";
import { type Server, startServer } from "../../src/server.js";

let server: Server;
let browser: Browser;
let other: Browser;
let meeting: Meeting;

beforeAll(async () => {
  [server, browser, other] = await Promise.all([startServer({ ...RECORDING, BEDSIDE_SERVER__PAGES: inject("app") }), chromium(), firefox()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), other?.close(), server?.stop()]);
});
beforeEach(async () => {
  meeting = await Meeting.begin(server);
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(await meeting.told());
  await meeting.ends();
});

const title = ({ tab }: Somebody): Promise<string> => tab.run(() => document.title);

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

for (const [name, patients] of [
  ["Chromium", () => browser],
  ["Firefox", () => other],
] as const) {
  test(`nothing is sent before both have agreed, and then it runs until the doctor stops it (patient in ${name})`, async () => {
    const { doctor, patient } = await meeting.both(browser, patients());
    await asks(doctor, [doctor, patient]);
    await patient.reads("It is up to you.");
    await doctor.press("button", "Yes, record me");
    await doctor.reads("Nothing is recorded yet.");
    expect(await Promise.all([doctor, patient].map(({ tab }) => tab.run(() => window.watched.recorded.bytes)))).toEqual([0, 0]);
    await patient.press("button", "Yes, record me");
    await Promise.all([doctor.isRecorded(), patient.isRecorded()]);
    await patient.reads("You are recorded.");
    expect(await title(patient)).toMatch(/^● /);
    await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
    await doctor.press("button", "Stop the recording");
    await patient.reads("The doctor stopped it.");
    await Promise.all([doctor.isNotRecorded(), patient.isNotRecorded()]);
    await patient.tab.until(() => !document.title.startsWith("●"));
    await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
    await patient.reads(`${isolated("Ben")} agreed to be recorded.`);
  });
}

test("who says no is not recorded, and the visit goes on", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await asks(doctor, [doctor, patient]);
  await doctor.press("button", "Yes, record me");
  await patient.press("button", "No, do not record me");
  await doctor.reads("Not everybody agreed.");
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
  expect(await patient.tab.run(() => window.watched.recorded.bytes)).toBe(0);
});

test("closing the question decides nothing, and it can be answered later", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await asks(doctor, [doctor, patient]);
  await doctor.press("button", "Yes, record me");
  await patient.press("button", "Close");
  await patient.reads("Waiting for your answer.");
  await patient.press("button", "Answer");
  await patient.press("button", "Yes, record me");
  await Promise.all([doctor.isRecorded(), patient.isRecorded()]);
});

test("a patient who agrees no longer is out at once, and everybody is told", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await bothAgree(doctor, patient);
  await patient.press("button", "Do not record me any more");
  await patient.sees("heading", "Stop recording you?");
  const pressed = patient.tab.find("button", "Do not record me any more");
  await pressed.press();
  await patient.isNotRecorded();
  await doctor.reads("Somebody no longer agrees.");
  await doctor.reads(`${isolated("Ben")} no longer agrees to be recorded.`);
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
});

test("who loads the page anew in the middle is recorded on without being asked again", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await bothAgree(doctor, patient);
  await patient.tab.reload();
  await patient.seesAndHears("Dr. Anna");
  await patient.isRecorded();
  await patient.reads("You are recorded.");
});

test("a camera that goes off and comes on, and a screen, go into the recording", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await bothAgree(doctor, patient);
  await patient.press("button", "Turn camera off");
  await doctor.reads("camera off");
  await patient.isRecorded({ bytes: 1_000, pictures: 0 });
  await patient.press("button", "Turn camera on");
  await patient.isRecorded();
});

test("who joins later is asked first, and nothing is recorded until they have answered", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await bothAgree(doctor, patient);
  const guest = await meeting.guestComes("Gil", browser);
  await guest.press("button", "Join the visit");
  await doctor.press("button", "Let in Gil");
  await guest.sees("heading", "May you be recorded?");
  await doctor.reads("Recording paused");
  await Promise.all([doctor.isNotRecorded(), patient.isNotRecorded()]);
  await guest.press("button", "No, do not record me");
  await Promise.all([doctor.isRecorded(), patient.isRecorded()]);
  await guest.reads("You are not recorded.");
  expect(await guest.tab.run(() => window.watched.recorded.bytes)).toBe(0);
});

test("a visit that was recorded is played afterwards, both side by side in step, and deleted", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await bothAgree(doctor, patient);
  await Promise.all([doctor, patient].map((somebody) => somebody.isRecorded({ bytes: 100_000, pictures: 45 })));
  await doctor.press("button", "Leave the visit");
  await doctor.press("button", "End for everyone");
  await keptRecording(meeting);
  await doctor.press("link", "Read the chat");
  await doctor.press("button", "Play the recording");
  await doctor.press("button", "Play");
  await doctor.tab.until(() => {
    const [one, another] = [...document.querySelectorAll("video")];
    return one && another && !one.paused && one.videoWidth > 0 && another.videoWidth > 0 && one.currentTime > 1 && another.currentTime > 1;
  });
  await doctor.tab.comesToFront();
  await doctor.press("button", "Delete the recording");
  await doctor.sees("heading", "Delete this recording?");
  await doctor.press("button", "Back");
});
