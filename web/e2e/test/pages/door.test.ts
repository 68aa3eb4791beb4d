/** Doors, and those who stand before them: refused cameras, refused people, accounts, languages. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { type Browser, chromium } from "../../src/browser.js";
import { Meeting, isolated } from "../../src/people.js";
import { type Server, startServer } from "../../src/server.js";

let server: Server;
let browser: Browser;
let refusing: Browser;
let meeting: Meeting;

beforeAll(async () => {
  const settings = { BEDSIDE_SERVER__PAGES: inject("app") };
  [server, browser, refusing] = await Promise.all([startServer(settings), chromium(), chromium({ refuses: true })]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), refusing?.close(), server?.stop()]);
});
beforeEach(async () => {
  meeting = await Meeting.begin(server);
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(await meeting.told());
  await meeting.ends();
});

test("who may not use their camera is told what to do, and comes in without it", async () => {
  const doctor = await meeting.doctorComes(browser);
  await doctor.press("link", "Open Ben");
  await doctor.press("button", "Join the visit");
  const patient = await meeting.patientComes(refusing);
  await patient.reads("The camera is blocked");
  await patient.reads("Click the camera or lock symbol beside the page's address");
  await patient.press("button", "Join the visit");
  await doctor.press("button", "Let in Ben");
  await patient.seesAndHears("Dr. Anna");
  await doctor.reads("camera off");
  await doctor.reads("microphone off");
  await patient.press("button", "Turn camera on");
  await patient.reads("The camera is blocked");
});

test("a patient who is declined knows it, and comes in when the doctor lets them in after all", async () => {
  const doctor = await meeting.doctorComes(browser);
  await doctor.press("link", "Open Ben");
  await doctor.press("button", "Join the visit");
  const patient = await meeting.patientComes(browser);
  await patient.press("button", "Join the visit");
  await doctor.press("button", "Decline Ben");
  await patient.sees("heading", "You were not let in");
  await doctor.press("button", "Show people");
  await doctor.press("button", `More about ${isolated("Ben")}`);
  await doctor.press("menuitem", "Let in");
  await doctor.press("button", "Open chat");
  await doctor.reads("was let in.");
  await patient.press("button", "Try again");
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
});

test("the doctor's list says who waits before the visit is opened", async () => {
  const doctor = await meeting.doctorComes(browser);
  await doctor.sees("heading", "Visits");
  const patient = await meeting.patientComes(browser);
  await patient.press("button", "Join the visit");
  await doctor.sees("region", "Waiting now");
  await doctor.reads("has been waiting for less than a minute");
});

test("a link that another device has used says so", async () => {
  const patient = await meeting.patientComes(browser);
  await patient.sees("button", "Join the visit");
  const stranger = await meeting.comes("Somebody", browser);
  await stranger.tab.open(meeting.link);
  await stranger.reads("This link has been used on another device");
});

test("somebody with an account signs in, stays so over a reload, and signs out", async () => {
  const carla = { id: "dr-carla", name: "Dr. Carla", role: "doctor" } as const;
  await server.addAccount(carla, "seven wooden spoons");
  const doctor = await meeting.comes(carla.name, browser);
  await doctor.tab.open(server.url);
  await doctor.press("link", "Sign in");
  await doctor.tab.find("textbox", "User name").fill(carla.id);
  await doctor.tab.find("textbox", "Password").fill("seven metal spoons");
  await doctor.press("button", "Sign in");
  await doctor.reads("User name or password is not right.");
  await doctor.tab.find("textbox", "Password").fill("seven wooden spoons");
  await doctor.press("button", "Sign in");
  await doctor.sees("heading", "Visits");
  await doctor.tab.reload();
  await doctor.sees("heading", "Visits");
  await doctor.press("button", `Your menu, ${isolated(carla.name)}`);
  await doctor.press("menuitem", "Sign out");
  await doctor.reads("You have signed out.");
  await doctor.tab.reload();
  await doctor.sees("link", "Sign in");
});

test.each([
  ["en-GB", "ltr", "Join the visit", "You are in the waiting room"],
  ["es-ES", "ltr", "Entrar en la consulta", "Está en la sala de espera"],
  ["ar-EG", "rtl", "الدخول إلى الزيارة", "أنت في غرفة الانتظار"],
])("a patient whose browser speaks %s finds the waiting room, read %s", async (language, direction, join, waiting) => {
  const patient = await meeting.patientComes(browser, { language });
  await patient.press("button", join);
  await patient.sees("heading", waiting);
  expect(await patient.tab.run(() => [document.documentElement.dir, document.documentElement.lang])).toEqual([
    direction,
    language.slice(0, 2),
  ]);
});
