import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";
import { type Browser, chromium, firefox } from "../src/browser.js";
import { type Server, startServer } from "../src/server.js";
import { type Attendee, Visit } from "../src/visit.js";

let server: Server;
let doctors: Browser;
const browsers = {} as Record<"chromium" | "firefox", Browser>;
let visit: Visit;
let doctor: Attendee;
let patient: Attendee;

beforeAll(async () => {
  [server, browsers.chromium, browsers.firefox] = await Promise.all([startServer(), chromium(), firefox()]);
  doctors = browsers.chromium;
});
afterAll(async () => {
  await Promise.all([browsers.chromium?.close(), browsers.firefox?.close(), server?.stop()]);
});
beforeEach(() => onTestFailed(() => console.log(visit.complaints().join("\n"))));
afterEach(() => visit.ends());

async function meet(patients: Browser): Promise<void> {
  visit = await Visit.begin(server);
  ({ doctor, patient } = await visit.meets(doctors, patients));
}

async function takesOver(attendee: Attendee): Promise<void> {
  await attendee.tab.comesToFront();
  await attendee.tab.run(() => window.visit.call.takeOver());
  await attendee.is("joined");
}

/** The first tab goes on as if nothing had happened. */
async function goesOnUndisturbed(): Promise<void> {
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  expect(await patient.connections()).toBe(1);
  expect(await doctor.connections()).toBe(1);
  await doctor.isWith(visit.patient);
}

test.each(["chromium", "firefox"] as const)("a second tab in %s asks before it takes the call over", async (name) => {
  await meet(browsers[name]);
  const second = await visit.comes(visit.patient, browsers[name], { profile: patient.profile });
  await second.is("elsewhere");
  await goesOnUndisturbed();

  await takesOver(second);
  await patient.is("elsewhere");
  await second.seesAndHears();
  await doctor.isWith(visit.patient);
  await doctor.seesAndHears();

  await takesOver(patient);
  await second.is("elsewhere");
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
});

test("a duplicated tab asks before it takes the call over", async () => {
  await meet(browsers.chromium);
  const duplicate = await visit.duplicates(patient);
  await duplicate.is("elsewhere");
  await goesOnUndisturbed();
  await takesOver(duplicate);
  await patient.is("elsewhere");
  await Promise.all([doctor.seesAndHears(), duplicate.seesAndHears()]);
});

test("a tab in which the call was before another took it over gets it back by asking alone", async () => {
  await meet(browsers.chromium);
  const second = await visit.comes(visit.patient, browsers.chromium, { profile: patient.profile });
  await second.is("elsewhere");
  await patient.tab.close();
  await second.tab.run(() => window.visit.call.join());
  await second.is("joined");
  await second.seesAndHears();
});

test("doctor and patient may sit in two tabs of one browser", async () => {
  visit = await Visit.begin(server);
  doctor = await visit.comes(visit.doctor, browsers.chromium);
  await doctor.is("joined");
  patient = await visit.comes(visit.patient, browsers.chromium, { profile: doctor.profile });
  await patient.is("joined");
  await patient.peer({ connection: "connected" });
});
