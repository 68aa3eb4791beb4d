/** The pictures of what stays: a recorded visit as it is played, and a conversation with an assistant. */
import { afterAll, beforeAll, inject, test } from "vitest";
import { Endpoint } from "../../sdk/test/harness/endpoint.js";
import { type Browser, chromium } from "../src/browser.js";
import { Meeting, Somebody } from "../src/people.js";
import { LAPTOP, picture, portray } from "../src/picture.js";
import { RECORDING, bothAgree, keptRecording } from "../src/recording.js";
import { type Person, type Server, startServer } from "../src/server.js";

const ANSWER = `Waking up at night is common, and mostly harmless. A few things **often help**:

- Go to bed and get up at the same time every day.
- No coffee after noon, and no screens in the last hour.
- If you lie awake for long, get up and read something quiet.

Since when has it been so, and what wakes you? I note it down for your doctor.`;

let endpoint: Endpoint;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  endpoint = await Endpoint.start(async (reply) => {
    await reply.say(ANSWER);
    await reply.end();
  });
  const tables = endpoint.tables({ id: "intake", name: "Intake assistant", roles: "patient" });
  const settings = { ...RECORDING, BEDSIDE_SERVER__PAGES: inject("app") };
  [server, browser] = await Promise.all([startServer(settings, tables), chromium()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop(), endpoint?.stop()]);
});

test("a recorded visit is played", async () => {
  const meeting = await Meeting.begin(server, { reason: "Cough since Monday" });
  const terms = { size: LAPTOP, before: [portray] };
  const { doctor, patient } = await meeting.both(browser, browser, { doctor: terms, patient: terms });
  await bothAgree(doctor, patient);
  await Promise.all([doctor, patient].map((somebody) => somebody.isRecorded({ pictures: 40 })));
  await doctor.press("button", "Leave the visit");
  await doctor.press("button", "End for everyone");
  await keptRecording(meeting);
  await doctor.press("link", "Read the chat");
  await doctor.press("button", "Play the recording");
  await doctor.press("button", "Play");
  await doctor.tab.until(() => {
    const all = [...document.querySelectorAll("video")];
    return all.length === 2 && all.every(({ currentTime }) => currentTime > 1.5);
  });
  await doctor.press("button", "Pause");
  await doctor.tab.run(() => document.querySelector(".player")?.scrollIntoView({ block: "center" }));
  await picture(doctor, "player");
  await meeting.ends();
});

test("somebody talks with an assistant", async () => {
  const ben: Person = { id: "ben", name: "Ben", role: "patient" };
  const somebody = await Somebody.at("Ben", browser, { size: LAPTOP });
  for (const title of ["Before the visit on Monday", null]) {
    const terms = { assistantId: "intake", ...(title !== null && { title }) };
    const { id } = await server.rest<{ id: string }>(ben, "POST", "/api/v1/conversations", terms);
    await somebody.tab.open(`${server.url}/conversations/${id}#token=${await server.token(ben)}`);
  }
  await somebody.tab.find("textbox", "Ask \u2068Intake assistant\u2069").fill("I cannot sleep. What can I do?");
  await somebody.press("button", "Ask");
  await somebody.reads("I note it down for your doctor.");
  await somebody.sees("button", "Ask again");
  // Its words stand there plainly until what sets them is loaded.
  await somebody.tab.until(() => document.querySelector(".markdown li") !== null);
  await picture(somebody, "conversation");
  await somebody.profile.close();
});
