/** Conversations with a machine, and a machine in a visit, as people see them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, onTestFailed, test } from "vitest";
import { Endpoint } from "../../../sdk/test/harness/endpoint.js";
import { found } from "../../src/axe.js";
import { type Browser, chromium } from "../../src/browser.js";
import { Meeting, Somebody, told } from "../../src/people.js";
import { type Person, type Server, startServer } from "../../src/server.js";

const PICTURES = process.env["BEDSIDE_ASSISTANT_PICTURES"];

let endpoint: Endpoint;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  endpoint = await Endpoint.start();
  const words = { name: "Intake", description: "Asks what brings you here.", roles: "doctor,patient" };
  const tables = endpoint.tables({ id: "intake", in_consultations: true, ...words });
  const settings = { BEDSIDE_SERVER__PAGES: inject("app") };
  [server, browser] = await Promise.all([startServer(settings, tables), chromium()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop(), endpoint?.stop()]);
});

async function shown({ tab }: Somebody, name: string): Promise<void> {
  if (PICTURES !== undefined) await writeFile(join(PICTURES, `${name}.png`), await tab.picture());
}

const HOSTILE =
  "# Hello\n\n**Bold** <img src=x onerror=\"document.title='broken'\"> ![x](https://evil.example/p.png) [x](javascript:alert(1))\n\n- one\n- two";

for (const theme of ["light", "dark"] as const) {
  test(`somebody asks, reads, stops, renames and deletes (${theme})`, async () => {
    const size = theme === "light" ? { width: 1280, height: 720 } : { width: 360, height: 720 };
    const ben = await Somebody.at("Ben", browser, { theme, size });
    onTestFailed(async () => console.log(await told([ben])));
    const person: Person = { id: `ben-${theme}`, name: "Ben", role: "patient" };
    await ben.tab.open(`${server.url}/#token=${await server.token(person)}`);
    await ben.press("link", "Assistants");
    await ben.reads("You have no conversations yet.");
    expect(await found(ben), "empty list").toEqual([]);
    await ben.press("button", "New conversation");
    await ben.sees("heading", "Whom do you want to ask?");
    expect(await found(ben), "choice").toEqual([]);
    await shown(ben, `choice-${theme}`);
    endpoint.script = async (reply) => {
      await reply.say(HOSTILE);
      await reply.left;
    };
    await ben.press("button", "Ask \u2068Intake\u2069");
    await ben.tab.find("textbox", "Ask \u2068Intake\u2069").fill("Who are you?");
    await ben.press("button", "Ask");
    await ben.reads("Bold");
    expect(await found(ben), "answering").toEqual([]);
    await shown(ben, `answering-${theme}`);
    await ben.press("button", "Stop");
    await ben.reads("Stopped here.");
    await ben.sees("button", "Ask again");
    expect(
      await ben.tab.run(
        () => document.querySelectorAll(".markdown img, .markdown script, .markdown [onerror]").length,
      ),
    ).toBe(0);
    expect(await found(ben), "answered").toEqual([]);
    await shown(ben, `answered-${theme}`);
    await ben.press("button", "More for \u2068Intake\u2069");
    await ben.press("menuitem", "Rename");
    await ben.tab.find("textbox", "Title").fill("Sleep");
    await ben.press("button", "Save");
    await ben.sees("heading", "Sleep");
    await ben.press("button", "More for \u2068Sleep\u2069");
    await ben.press("menuitem", "Delete");
    await ben.press("button", "Delete");
    await ben.reads("You have no conversations yet.");
    expect(await found(ben), "deleted").toEqual([]);
    await ben.profile.close();
  });
}

test("in a visit the patient is asked, sees that a machine reads along, and ends it", async () => {
  const meeting = await Meeting.begin(server);
  onTestFailed(async () => console.log(await meeting.told()));
  const { doctor, patient } = await meeting.both(browser, browser);
  await doctor.press("button", "More");
  await doctor.press("menuitem", "Open assistants");
  await doctor.press("button", "Turn on \u2068Intake\u2069");
  await patient.sees("button", "I agree");
  expect(await found(patient), "question").toEqual([]);
  await shown(patient, "question");
  await patient.press("button", "I agree");
  await patient.reads("can read along");
  endpoint.script = async (reply) => {
    await reply.say("It means **little**.");
    await reply.end();
  };
  await doctor.tab.find("textbox", "Ask \u2068Intake\u2069").fill("What does it mean?");
  await doctor.press("button", "Ask");
  await patient.reads("It means");
  expect(await found(doctor), "panel").toEqual([]);
  expect(await found(patient), "sign").toEqual([]);
  await shown(doctor, "panel");
  await shown(patient, "sign");
  await patient.press("button", "I no longer agree");
  await doctor.reads("The patient does not agree");
  await meeting.ends();
});
