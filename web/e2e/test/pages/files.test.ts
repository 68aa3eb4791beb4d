/** Files in the chat: picked, pasted and dropped, shown and downloaded. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { type Browser, chromium, firefox } from "../../src/browser.js";
import { PICTURE, TEXT, UNWANTED } from "../../src/files.js";
import { Meeting, type Somebody } from "../../src/people.js";
import { type Server, startServer } from "../../src/server.js";

let server: Server;
let browser: Browser;
let other: Browser;
let meeting: Meeting;

beforeAll(async () => {
  [server, browser, other] = await Promise.all([startServer({ BEDSIDE_SERVER__PAGES: inject("app") }), chromium(), firefox()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), other?.close(), server?.stop()]);
});
beforeEach(async () => {
  meeting = await Meeting.begin(server);
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(await meeting.told());
  await meeting.ends();
});

/** The picture of a message is shown, as large as it was made. */
const seesPicture = ({ tab }: Somebody): Promise<unknown> =>
  tab.until(() => {
    const picture = document.querySelector<HTMLImageElement>(".attachment img");
    return picture?.complete && picture.naturalWidth === 64;
  });

/** What is downloaded under this name, as text. */
async function saves({ tab }: Somebody, name: string): Promise<string> {
  await tab.run(() => {
    const made = URL.createObjectURL;
    URL.createObjectURL = (file: Blob) => {
      void file.text().then((text) => (document.body.dataset["saved"] = text));
      return made(file);
    };
  });
  await tab.find("button", `Download \u2068${name}\u2069`).press();
  return tab.until(() => document.body.dataset["saved"] ?? "");
}

for (const [name, patients] of [
  ["Chromium", () => browser],
  ["Firefox", () => other],
] as const) {
  test(`a picture that is dropped, and words with it, come to the other side (patient in ${name})`, async () => {
    const { doctor, patient } = await meeting.both(browser, patients());
    await patient.brings("drops", [PICTURE]);
    await patient.reads("Ready to be sent");
    await patient.writes("This is what it looks like.");
    await doctor.reads("This is what it looks like.");
    await Promise.all([seesPicture(doctor), seesPicture(patient)]);
  });
}

test("a file that is picked is downloaded as it was", async () => {
  const { doctor, patient } = await meeting.both(browser, browser);
  await patient.brings("picks", [TEXT]);
  await patient.reads("Ready to be sent");
  await patient.press("button", "Send");
  await doctor.reads(TEXT.name);
  expect(await saves(doctor, TEXT.name)).toBe(atob(TEXT.base64));
});

test("what cannot be sent says why, and goes away again", async () => {
  const { patient } = await meeting.both(browser, browser);
  await patient.brings("pastes", [UNWANTED]);
  await patient.reads("Files of this kind cannot be sent");
  await patient.press("button", `Remove \u2068${UNWANTED.name}\u2069`);
  await patient.tab.until(() => document.querySelector(".upload") === null);
});

test("a file that nobody has sent yet can be stopped on its way", async () => {
  const { patient } = await meeting.both(browser, browser);
  await patient.tab.run(() => {
    const send = XMLHttpRequest.prototype.send;
    // The network takes its time.
    XMLHttpRequest.prototype.send = function slow(body) {
      if (body instanceof FormData) setTimeout(() => this.readyState === 1 && send.call(this, body), 5_000);
      else send.call(this, body);
    };
  });
  await patient.brings("picks", [TEXT]);
  await patient.press("button", `Cancel \u2068${TEXT.name}\u2069`);
  await patient.tab.until(() => document.querySelector(".upload") === null);
});
