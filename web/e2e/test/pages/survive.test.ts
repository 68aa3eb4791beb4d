/** What happens to visits: reloads, servers that die, networks that go away, tabs that are opened twice. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { type Browser, chromium } from "../../src/browser.js";
import { Meeting, type Somebody } from "../../src/people.js";
import { type Server, startServer } from "../../src/server.js";

const OFFLINE_MS = 10_000;

let server: Server;
let browser: Browser;
let meeting: Meeting;
let doctor: Somebody;
let patient: Somebody;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ BEDSIDE_SERVER__PAGES: inject("app") }), chromium()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});
beforeEach(async () => {
  meeting = await Meeting.begin(server);
  ({ doctor, patient } = await meeting.both(browser, browser));
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(await meeting.told());
  await meeting.ends();
});

async function bothSeeAndHear(): Promise<void> {
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
}

test("from the patient's link to the doctor's first frame, with the doctor at the door", async () => {
  const ms = await patient.firstFrameMs();
  console.info(`from opening the patient's link to the first remote frame: ${Math.round(ms)} ms`);
  expect(ms).toBeGreaterThan(0);
});

test("whoever loads the page anew is back in the visit, and the other need not do anything", async () => {
  for (const [who, name] of [
    [patient, "Dr. Anna"],
    [doctor, "Ben"],
  ] as const) {
    await who.tab.reload();
    await who.seesAndHears(name);
    await bothSeeAndHear();
    console.info(`${who.name} from reload to picture: ${Math.round(await who.firstFrameMs())} ms`);
  }
});

test("a server that dies and comes back costs no frame and no word", async () => {
  await server.kill();
  await Promise.all([doctor, patient].map((each) => each.reads("Connection lost.")));
  await patient.writes("Are you still there?");
  await bothSeeAndHear();
  await server.start();
  await doctor.reads("Are you still there?");
  await doctor.writes("I am.");
  await patient.reads("I am.");
  await bothSeeAndHear();
  expect(await Promise.all([doctor, patient].map((each) => each.tab.run(() => window.watched.connected)))).toEqual([1, 1]);
});

test("ten seconds without network cost no frame, and what was written meanwhile arrives", async () => {
  await patient.profile.setOffline(true);
  const since = Date.now();
  await patient.reads("Connection lost.");
  await doctor.writes("Your network is away.");
  await patient.writes("Mine is away.");
  do await bothSeeAndHear();
  while (Date.now() - since < OFFLINE_MS);
  await patient.profile.setOffline(false);
  await Promise.all([patient.reads("Your network is away."), doctor.reads("Mine is away.")]);
  await bothSeeAndHear();
});

test("what cannot be fetched while the network is away is told in its place, and the call goes on", async () => {
  await doctor.press("button", "Show people");
  await doctor.profile.setOffline(true);
  await doctor.press("button", "Invite somebody");
  await doctor.reads("Something is missing");
  await bothSeeAndHear();
  await doctor.profile.setOffline(false);
  await doctor.press("button", "Close");
  await doctor.tab.find("button", "Load the page again").isGone();
  await bothSeeAndHear();
});

test("a second tab asks before it takes the visit over, and so does the first one to get it back", async () => {
  const second = patient.in(await patient.profile.tab());
  await second.tab.open(meeting.link);
  await second.press("button", "Join the visit");
  await second.sees("heading", "Open in another tab");
  await bothSeeAndHear();
  await second.press("button", "Continue here");
  await patient.sees("heading", "Open in another tab");
  await Promise.all([doctor.seesAndHears("Ben"), second.seesAndHears("Dr. Anna")]);
  await patient.press("button", "Continue here");
  await second.sees("heading", "Open in another tab");
  await bothSeeAndHear();
});

test("a duplicated tab asks before it takes the visit over", async () => {
  const duplicate = patient.in(await patient.profile.duplicate(patient.tab));
  await duplicate.sees("heading", "Open in another tab");
  await bothSeeAndHear();
  await duplicate.press("button", "Continue here");
  await patient.sees("heading", "Open in another tab");
  await Promise.all([doctor.seesAndHears("Ben"), duplicate.seesAndHears("Dr. Anna")]);
});
