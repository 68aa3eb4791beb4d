/** Recording, as people meet it: the question, the sign, and the way out. */
import { expect, test } from "vitest";
import { type Somebody, isolated } from "../../src/people.js";
import { place } from "../../src/place.js";
import { RECORDING, asks, bothAgree } from "../../src/recording.js";

const here = place(RECORDING);

/** As much as is sent of a microphone alone. */
const SOUND = { bytes: 1_000, pictures: 0 };

const title = ({ tab }: Somebody): Promise<string> => tab.run(() => document.title);

/** How much the browser has sent to recorders. */
const sent = ({ tab }: Somebody): Promise<number> => tab.run(() => window.watched.recorded.bytes);

test("nothing is sent before both have agreed, and then it runs until the doctor stops it", async () => {
  const { doctor, patient } = await here.meeting.both(here.browser, here.browser);
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
  const { doctor, patient } = await here.meeting.both(here.browser, here.browser);
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
  const { doctor, patient } = await here.meeting.both(here.browser, here.browser);
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
  const { doctor, patient } = await here.meeting.both(here.browser, here.browser);
  await bothAgree(doctor, patient);
  // Three cameras, each sent twice and recorded, are much for a small machine.
  for (const somebody of [doctor, patient]) await somebody.press("button", "Turn camera off");
  const guest = await here.meeting.guestComes("Gil", here.browser);
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
