/** One long answer in three tabs of one person that come and go while it is written. */
import { afterAll, beforeAll, expect, inject, onTestFailed, test } from "vitest";
import { Endpoint } from "../../../sdk/test/harness/endpoint.js";
import { type Browser, chromium } from "../../src/browser.js";
import { Somebody, told } from "../../src/people.js";
import { Dice, seed } from "../../src/random.js";
import { type Person, type Server, startServer } from "../../src/server.js";

const CHUNKS = 2_000;
/** With the beginning of each, one tab does something. */
const BURSTS = 40;
/** Between two chunks, as a machine is slower than a network. */
const PAUSE_MS = 5;
/** Where the list of conversations and an open one take turns. */
const PHONE = { width: 390, height: 780 };

const CHUNK = Array.from({ length: CHUNKS }, (_, index) => `${index}${index % 40 === 39 ? "\n\n" : " "}`);
const WHOLE = CHUNK.join("").trim().split(/\s+/).join(" ");

let endpoint: Endpoint;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  endpoint = await Endpoint.start();
  const words = { id: "intake", name: "Intake", roles: "patient", max_output_tokens: CHUNKS };
  const tables = endpoint.tables(words);
  const settings = { BEDSIDE_SERVER__PAGES: inject("app") };
  [server, browser] = await Promise.all([startServer(settings, tables), chromium()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop(), endpoint?.stop()]);
});

/** An answer in bursts. Each begins when somebody lets it go, and tells them that it has begun. It ends when it is told to. */
class Bursts {
  end = (): void => {};
  #next = 0;
  readonly #let: (() => void)[] = [];
  readonly #went: (() => void)[] = [];
  readonly #allowed = Array.from({ length: BURSTS }, () => new Promise<void>((go) => this.#let.push(go)));
  readonly #begun = Array.from({ length: BURSTS }, () => new Promise<void>((go) => this.#went.push(go)));

  readonly #ended = new Promise<void>((end) => (this.end = end));

  readonly script: Endpoint["script"] = async (reply) => {
    const size = CHUNKS / BURSTS;
    for (let burst = 0; burst < BURSTS; burst += 1) {
      await this.#allowed[burst];
      this.#went[burst]?.();
      await reply.sayAll(CHUNK.slice(burst * size, (burst + 1) * size), PAUSE_MS);
    }
    await this.#ended;
    await reply.end();
  };

  /** Done once the next one begins; false where there is none any more. */
  async next(): Promise<boolean> {
    const burst = this.#next;
    if (burst >= BURSTS) return false;
    this.#next += 1;
    this.#let[burst]?.();
    await this.#begun[burst];
    return true;
  }
}

/** What the answer reads as, whatever its lines are broken into, once it has come so far. Runs in the page. */
function answered({ upTo = "", isOver = false }: { upTo?: string; isOver?: boolean }): string | false {
  const answers = document.querySelectorAll<HTMLElement>(`.answer${isOver ? ":not([aria-busy])" : ""} .answer__words`);
  const read = [...answers].map(({ innerText }) => innerText.trim().split(/\s+/).join(" ")).join(" | ");
  return read.endsWith(upTo) && read;
}

/** A tab that is in the conversation, or has left it for the list. */
class Reader {
  #isAway = false;
  readonly did: string[] = [];

  constructor(
    readonly somebody: Somebody,
    readonly dice: Dice,
  ) {}

  async acts(): Promise<void> {
    if (this.dice.below(2) === 0) {
      this.did.push("reload");
      await this.somebody.tab.reload();
    } else if (this.#isAway) {
      await this.comesBack();
    } else {
      this.did.push("leave");
      await this.somebody.press("link", "All conversations");
      this.#isAway = true;
    }
    if (this.#isAway) await this.somebody.tab.until(() => document.querySelector(".conversation-row") !== null);
    else await this.somebody.tab.until(answered, {});
  }

  async comesBack(): Promise<void> {
    if (!this.#isAway) return;
    this.did.push("return");
    await this.somebody.tab.run(() => document.querySelector<HTMLElement>(".conversation-row")?.click());
    this.#isAway = false;
  }
}

test("three tabs that come, go and load anew have the same answer of 2,000 chunks in the end, and so has the history", async () => {
  const begun = seed();
  console.info(`BEDSIDE_SEED=${begun}`);
  const bursts = new Bursts();
  endpoint.script = bursts.script;
  const person: Person = { id: "ben", name: "Ben", role: "patient" };
  const token = await server.token(person);
  const profile = await browser.profile({ size: PHONE });
  const { id } = await server.rest<{ id: string }>(person, "POST", "/api/v1/conversations", { assistantId: "intake" });
  const opens = async (): Promise<Somebody> => {
    const somebody = new Somebody("Ben", profile, await profile.tab());
    await somebody.tab.open(`${server.url}/conversations/${id}#token=${token}`);
    await somebody.reads("A machine writes the answers.");
    return somebody;
  };
  const tabs = await Promise.all([opens(), opens(), opens()]);
  onTestFailed(async () => console.log(await told(tabs)));
  const [first] = tabs;
  await first?.tab.find("textbox", "Ask \u2068Intake\u2069").fill("Count, please");
  await first?.press("button", "Ask");
  await bursts.next();
  await Promise.all(tabs.map(({ tab }) => tab.until(answered, {})));

  const readers = tabs.map((tab, index) => new Reader(tab, new Dice(begun + index)));
  await Promise.all(
    readers.map(async (reader) => {
      while (await bursts.next()) await reader.acts();
      await reader.comesBack();
    }),
  );
  console.info(readers.map(({ did }) => did.join(" ")).join("\n"));
  // Before its end: that brings the whole text once more, and would hide what was put together wrongly.
  for (const { tab } of tabs) expect(await tab.until(answered, { upTo: ` ${CHUNKS - 1}` })).toBe(WHOLE);

  bursts.end();
  for (const { tab } of [...tabs, await opens()]) expect(await tab.until(answered, { isOver: true })).toBe(WHOLE);
  await first?.tab.reload();
  expect(await first?.tab.until(answered, { isOver: true })).toBe(WHOLE);
  expect(endpoint.asked.length).toBe(1);
  await profile.close();
});
