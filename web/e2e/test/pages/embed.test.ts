/** The example of a page of one's own, started by its command, in a visit with a doctor at the pages for people. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, inject, test } from "vitest";
import { type Browser, chromium } from "../../src/browser.js";
import { Meeting } from "../../src/people.js";
import { freePort } from "../../../testing/program.js";
import { type Server, startServer } from "../../src/server.js";

const COMMAND = fileURLToPath(new URL("../../../../examples/react-embed/run.sh", import.meta.url));

let server: Server;
let browser: Browser;
let meeting: Meeting;
let example: ChildProcess;
let page: string;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ BEDSIDE_SERVER__PAGES: inject("app") }), chromium()]);
  const port = await freePort();
  page = `http://localhost:${port}/`;
  // A group of its own, so that whatever it starts ends with it.
  example = spawn(COMMAND, ["--host", "127.0.0.1", "--port", String(port), "--strictPort"], {
    env: { ...process.env, BEDSIDE_URL: server.url },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  await new Promise<void>((ready, failed) => {
    example.once("error", failed).once("exit", (code) => failed(new Error(`the example ended with ${code}`)));
    example.stdout?.setEncoding("utf8").on("data", (text: string) => text.includes("ready in") && ready());
  });
});
afterAll(async () => {
  if (example?.pid !== undefined && example.exitCode === null) {
    const ended = new Promise((resolve) => example.removeAllListeners("exit").once("exit", resolve));
    process.kill(-example.pid);
    await ended;
  }
  await Promise.all([browser?.close(), server?.stop()]);
});
beforeEach(async () => {
  meeting = await Meeting.begin(server);
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(await meeting.told());
  await meeting.ends();
});

test("a patient in a page of twenty lines is let in, sees, hears and writes", async () => {
  const doctor = await meeting.doctorComes(browser);
  await doctor.press("link", "Open Ben");
  await doctor.press("button", "Join the visit");
  const patient = await meeting.comes("Ben", browser);
  await patient.tab.open(page + new URL(meeting.link).hash);
  await patient.press("button", "Join");
  await patient.reads("waiting");
  await doctor.press("button", "Let in Ben");
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
  await patient.tab.find("textbox", "Message").fill("Good morning.");
  await patient.press("button", "Send");
  await doctor.reads("Good morning.");
  await doctor.writes("Good morning, Ben.");
  await patient.reads("Good morning, Ben.");
});
