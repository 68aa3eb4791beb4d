import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";
import { type Browser, chromium } from "../src/browser.js";
import { type Server, startServer } from "../src/server.js";
import { type Attendee, Visit } from "../src/visit.js";

let server: Server;
let browser: Browser;
let visit: Visit;
let doctor: Attendee;
let patient: Attendee;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), chromium()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

beforeEach(async () => {
  onTestFailed(() => console.log(visit.complaints().join("\n")));
  visit = await Visit.begin(server, { waitingRoom: true });
  doctor = await visit.comes(visit.doctor, browser);
  await doctor.is("joined");
  patient = await visit.comes(visit.patient, browser);
  await patient.is("waiting");
});
afterEach(() => visit.ends());

test("a patient waits, knows their place, and comes in by themselves when admitted", async () => {
  expect(await patient.state()).toMatchObject({ status: "waiting", position: 1 });
  await visit.admits(visit.patient);
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  expect(await patient.tab.run(() => window.visit.statuses)).toEqual(["joining", "waiting", "joined"]);
});

test("a patient who is denied knows why, and their camera is let go", async () => {
  await visit.denies(visit.patient, "Please come tomorrow");
  await patient.is("denied");
  expect(await patient.state()).toMatchObject({ status: "denied", reason: "Please come tomorrow" });
  expect(await patient.tab.run(() => window.visit.call.state.get().local.stream)).toBeNull();
});

test("a patient who is sent back waits again, and comes in again when admitted", async () => {
  await visit.admits(visit.patient);
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  await visit.holds(visit.patient, "One moment");
  await patient.tab.until(() => {
    const { status, position } = window.visit.call.state.get();
    return status === "held" && position === 1;
  });
  expect(await patient.state()).toMatchObject({ status: "held", reason: "One moment" });
  await doctor.isWith();
  await visit.admits(visit.patient);
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
});

test("a patient who loads the page anew is not asked to wait again", async () => {
  await visit.admits(visit.patient);
  await patient.seesAndHears();
  await patient.tab.reload();
  await patient.seesAndHears();
  expect(await patient.tab.run(() => window.visit.statuses)).toEqual(["joining", "joined"]);
});

test("a patient still waits after the server was started anew", async () => {
  await server.kill();
  await patient.isConnected(false);
  await server.start();
  await patient.isConnected(true);
  await doctor.is("joined");
  await doctor.isConnected(true);
  await visit.admits(visit.patient);
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
});

test("a patient whose part is taken away is out of the call, and knows it", async () => {
  await visit.admits(visit.patient);
  await patient.seesAndHears();
  await visit.removes(visit.patient);
  await patient.is("removed");
  await doctor.isWith();
});

test("everybody is out when the visit ends, and nobody comes in again", async () => {
  await visit.admits(visit.patient);
  await patient.seesAndHears();
  await visit.closes();
  await Promise.all([doctor.is("ended"), patient.is("ended")]);
  expect(await patient.tab.run(() => window.visit.call.state.get().peers)).toEqual([]);
  await patient.tab.run(() => window.visit.call.join());
  await patient.is("ended");
});

test("who leaves is gone for the other at once, and may come again", async () => {
  await visit.admits(visit.patient);
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  await patient.tab.run(() => window.visit.call.leave());
  await patient.is("idle");
  await doctor.isWith();
  await patient.tab.run(() => window.visit.call.join({ video: false }));
  await doctor.peer({ connection: "connected", media: { audio: true, video: false } });
});
