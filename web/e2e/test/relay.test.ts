import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";
import { type Browser, chromium } from "../src/browser.js";
import { type Server, startServer } from "../src/server.js";
import { type Turn, startTurn } from "../src/turn.js";
import { type Attendee, Visit } from "../src/visit.js";

let turn: Turn;
let server: Server;
let browser: Browser;
let visit: Visit;
let doctor: Attendee;
let patient: Attendee;

beforeAll(async () => {
  turn = await startTurn();
  [server, browser] = await Promise.all([startServer(turn.settings), chromium()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop(), turn?.stop()]);
});
beforeEach(async () => {
  onTestFailed(() => console.log(visit.complaints().join("\n")));
  visit = await Visit.begin(server, { icePolicy: "relay" });
  ({ doctor, patient } = await visit.meets(browser, browser));
});
afterEach(() => visit.ends());

test("a visit that may only be relayed goes through the TURN server, and reloads through it", async () => {
  const type = await patient.tab.until(() => window.visit.call.state.get().peers[0]?.stats?.candidateType);
  expect(type).toBe("relay");
  await patient.tab.reload();
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
});

test("when every way breaks, new ways are found as soon as there are any", async () => {
  await turn.kill();
  await Promise.all([doctor.peer({ connection: "interrupted" }), patient.peer({ connection: "interrupted" })]);
  await turn.start();
  await Promise.all([doctor.peer({ connection: "connected" }), patient.peer({ connection: "connected" })]);
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
});
