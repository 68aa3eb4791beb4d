/** The pictures of docs/pictures: a visit on a laptop, its waiting room on a phone, the doctor's list, and Arabic. */
import { afterAll, beforeAll, inject, test } from "vitest";
import { type Browser, chromium } from "../src/browser.js";
import { Meeting } from "../src/people.js";
import { LAPTOP, PHONE, picture, portray } from "../src/picture.js";
import { type Server, startServer } from "../src/server.js";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ BEDSIDE_SERVER__PAGES: inject("app") }), chromium()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

test("a visit, its waiting room and the doctor's list", async () => {
  const meeting = await Meeting.begin(server, { reason: "Cough since Monday" });
  const doctor = await meeting.doctorComes(browser, { size: LAPTOP, before: [portray] });
  const patient = await meeting.patientComes(browser, { size: PHONE, before: [portray] });
  await patient.press("button", "Join the visit");
  await patient.sees("heading", "You are in the waiting room");
  await patient.plays("Your picture", { own: true });
  await picture(patient, "waiting");
  await doctor.sees("region", "Waiting now");
  await picture(doctor, "list");

  await doctor.press("link", "Open Ben");
  await doctor.press("button", "Join the visit");
  await doctor.press("button", "Let in Ben");
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
  await doctor.writes("Good morning, Ben. How are you today?");
  await patient.press("button", "Open chat (1 unread message)");
  await patient.writes("Better, thank you. The cough is almost gone.");
  await patient.press("button", "Close chat");
  await doctor.reads("Better, thank you.");
  await doctor.reads("Connection is good");
  await picture(doctor, "visit");
  await meeting.ends();
});

test("the same in Arabic", async () => {
  const meeting = await Meeting.begin(server, { doctorName: "د. ليلى", patientName: "سامي" });
  const doctor = await meeting.doctorComes(browser, { size: LAPTOP, language: "ar-EG", before: [portray] });
  await doctor.tab.open(`${server.url}/visit/${meeting.id}`);
  await doctor.press("button", "الدخول إلى الزيارة");
  const patient = await meeting.patientComes(browser, { language: "ar-EG", size: PHONE, before: [portray] });
  await patient.press("button", "الدخول إلى الزيارة");
  await doctor.press("button", "السماح بالدخول سامي");
  await doctor.tab.until(() => (window.watched?.flow.frames ?? 0) > 20);
  await picture(doctor, "visit-arabic");
  await meeting.ends();
});
