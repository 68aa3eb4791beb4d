/** The pictures of docs/pictures: a visit on a laptop, its waiting room on a phone, the doctor's list, and Arabic. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Browser, chromium } from "../src/browser.js";
import { Meeting, type Somebody } from "../src/people.js";
import { type Server, startServer } from "../src/server.js";

const FOLDER = process.env["BEDSIDE_PICTURES"] ?? fileURLToPath(new URL("../../../docs/pictures/", import.meta.url));
const PHONE = { width: 360, height: 720 };
/** A page of documents is not to load for longer than it is read. */
const MOST_BYTES = 150_000;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ BEDSIDE_SERVER__PAGES: inject("app") }), chromium()]);
  await mkdir(FOLDER, { recursive: true });
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

async function picture({ tab }: Somebody, name: string): Promise<void> {
  const path = `${FOLDER}/${name}.png`;
  await writeFile(path, await tab.picture());
  expect((await stat(path)).size, name).toBeLessThanOrEqual(MOST_BYTES);
}

test("a visit, its waiting room and the doctor's list", async () => {
  const meeting = await Meeting.begin(server, { reason: "Cough since Monday" });
  const doctor = await meeting.doctorComes(browser);
  const patient = await meeting.patientComes(browser, { size: PHONE });
  await patient.sees("button", "Join the visit");
  await patient.reads("Everything is ready for a visit.");
  await picture(patient, "check");
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
  await picture(patient, "visit-phone");
  await meeting.ends();
});

test("the same in Arabic", async () => {
  const meeting = await Meeting.begin(server, { doctorName: "د. ليلى", patientName: "سامي" });
  const doctor = await meeting.doctorComes(browser, { language: "ar-EG" });
  await doctor.tab.open(`${server.url}/visit/${meeting.id}`);
  await doctor.press("button", "الدخول إلى الزيارة");
  const patient = await meeting.patientComes(browser, { language: "ar-EG", size: PHONE });
  await patient.press("button", "الدخول إلى الزيارة");
  await patient.sees("heading", "أنت في غرفة الانتظار");
  await picture(patient, "waiting-arabic");
  await doctor.press("button", "السماح بالدخول سامي");
  await doctor.tab.until(() => (window.watched?.flow.frames ?? 0) > 20);
  await picture(doctor, "visit-arabic");
  await meeting.ends();
});
