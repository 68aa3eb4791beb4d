import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";
import { type Browser, chromium } from "../src/browser.js";
import { type Server, startServer } from "../src/server.js";
import { type Attendee, Visit } from "../src/visit.js";

const OFFLINE_MS = 10_000;

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
  visit = await Visit.begin(server);
  ({ doctor, patient } = await visit.meets(browser, browser));
});
afterEach(() => visit.ends());

test("ten seconds without the server's network cost neither sound nor picture", async () => {
  await patient.profile.setOffline(true);
  await patient.isConnected(false);
  await doctor.peer({ away: true });
  const since = Date.now();
  while (Date.now() - since < OFFLINE_MS) await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  await patient.profile.setOffline(false);
  await patient.isConnected(true);
  await doctor.peer({ away: false, connection: "connected" });
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  expect([await doctor.connections(), await patient.connections()]).toEqual([1, 1]);
});

test("what was changed without a connection is told when it is back", async () => {
  await patient.profile.setOffline(true);
  await patient.isConnected(false);
  await patient.tab.run(() => window.visit.call.setVideo(false));
  await patient.profile.setOffline(false);
  await doctor.peer({ away: false, media: { audio: true, video: false } });
});

test("a change of network looks for new ways, and the old one carries on meanwhile", async () => {
  const fragment = (): Promise<string> =>
    patient.tab.run(() => /a=ice-ufrag:(\S+)/.exec(window.visit.connections.at(-1)?.localDescription?.sdp ?? "")?.[1] ?? "");
  const before = await fragment();
  await patient.tab.run(() => void window.dispatchEvent(new Event("online")));
  await patient.tab.until((before) => {
    const sdp = window.visit.connections.at(-1)?.currentLocalDescription?.sdp ?? before;
    return !sdp.includes(`a=ice-ufrag:${before}`);
  }, before);
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  expect([await doctor.connections(), await patient.connections()]).toEqual([1, 1]);
});
