/** The whole visit, as two people who have read nothing go through it. */
import { afterAll, beforeAll, expect, inject, onTestFailed, test } from "vitest";
import { type Browser, type BrowserName, chromium, firefox } from "../../src/browser.js";
import { Somebody, told } from "../../src/people.js";
import { type Person, type Server, startServer } from "../../src/server.js";

let server: Server;
const browsers = {} as Record<BrowserName, Browser>;

beforeAll(async () => {
  const settings = { BEDSIDE_SERVER__PAGES: inject("app") };
  [server, browsers.chromium, browsers.firefox] = await Promise.all([startServer(settings), chromium(), firefox()]);
});
afterAll(async () => {
  await Promise.all([browsers.chromium?.close(), browsers.firefox?.close(), server?.stop()]);
});

test.each([
  ["chromium", "chromium"],
  ["chromium", "firefox"],
  ["firefox", "chromium"],
] as const)("a doctor in %s and a patient in %s meet, see, hear, write, share a screen and part", async (doctors, patients) => {
  const [doctor, patient] = await Promise.all([
    Somebody.at("Dr. Anna", browsers[doctors]),
    Somebody.at("Ben", browsers[patients]),
  ]);
  onTestFailed(async () => console.log(await told([doctor, patient])));
  const anna: Person = { id: `dr-anna-${doctors}-${patients}`, name: "Dr. Anna", role: "doctor" };
  await doctor.tab.open(`${server.url}/#token=${await server.token(anna)}`);

  const link = await makesVisit(doctor, "Ben");
  await doctor.press("link", "Open Ben");
  await doctor.press("button", "Join the visit");
  await doctor.reads("You are alone in the visit");

  await patient.tab.open(link);
  // Firefox runs no AudioContext, and so no level meter, on a machine without a loudspeaker.
  if (patients === "chromium") await patient.reads("Good: your microphone hears you.");
  await patient.reads("Everything is ready for a visit.");
  await patient.press("button", "Join the visit");
  await patient.sees("heading", "You are in the waiting room");

  await doctor.reads("has been waiting for");
  await doctor.press("button", "Let in Ben");
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);

  await write(doctor, patient);
  await share(doctor, patient);
  await share(patient, doctor);

  await doctor.press("button", "Leave the visit");
  await doctor.press("button", "End for everyone");
  await Promise.all([doctor, patient].map((each) => each.sees("heading", "The visit has ended")));
  await patient.reads("You can close this page now.");
  expect([...doctor.tab.complaints, ...patient.tab.complaints]).toEqual([]);
  await Promise.all([doctor.profile.close(), patient.profile.close()]);
});

/** The doctor makes a visit from the list, and copies the link that the patient gets. */
async function makesVisit(doctor: Somebody, name: string): Promise<string> {
  await doctor.press("button", "New visit");
  await doctor.tab.find("textbox", "Patient's name").fill(name);
  await doctor.press("button", "Make the visit");
  await doctor.press("button", "Copy");
  await doctor.sees("button", "Copied");
  const link = await doctor.tab.find("textbox", "Invitation link").value();
  await doctor.press("button", "Done");
  return link;
}

/** What is written arrives, and its writer sees when it was delivered, and when it was seen. */
async function write(doctor: Somebody, patient: Somebody): Promise<void> {
  await patient.press("button", "Close chat");
  await doctor.writes("How are you?");
  await doctor.reads("Delivered");
  await patient.press("button", "Open chat (1 unread message)");
  await patient.reads("How are you?");
  await doctor.reads("Seen");
  await patient.writes("Better, thank you.");
  await doctor.reads("Better, thank you.");
}

async function share(from: Somebody, to: Somebody): Promise<void> {
  await from.press("button", "Share your screen");
  await to.plays(`Screen of ${from.name}`);
  await from.press("button", "Stop sharing the screen");
  await from.sees("button", "Share your screen");
  await to.seesAndHears(from.name);
}
