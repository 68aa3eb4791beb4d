/** Asking a machine: what every tab sees, whatever becomes of the connection. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Bedside } from "../src/index.js";
import { Endpoint } from "./harness/endpoint.js";
import { everybodyLeaves, person } from "./harness/people.js";
import { Proxy } from "./harness/proxy.js";
import { Server } from "./harness/server.js";
import { until } from "./harness/until.js";

let endpoint: Endpoint;
let server: Server;
beforeAll(async () => {
  endpoint = await Endpoint.start();
  const roles = { roles: "doctor,patient" };
  server = await Server.start({
    file: endpoint.tables({ id: "intake", name: "Intake", in_consultations: true, ...roles }),
  });
});
beforeEach(() => {
  endpoint.script = (reply) => reply.end();
});
afterEach(everybodyLeaves);
afterAll(async () => {
  await server?.stop();
  await endpoint?.stop();
});

/** The text of the newest answer, finished or not. */
function newest(page: Bedside, id: string): string | null {
  const last = page.assistant(id).state.get().entries.at(-1);
  if (last?.kind === "answer") return last.answer.content;
  return last?.kind === "message" && last.message.answer ? (last.message.content ?? "") : null;
}

const isOver = (page: Bedside, id: string) =>
  until(page.assistant(id).state, ({ entries }) => {
    const last = entries.at(-1);
    return last?.kind === "message" && last.message.answer !== undefined;
  });

test("a tab that comes in the middle has the same text in the end as the one that asked", async () => {
  let goOn = (): void => {};
  const isThere = new Promise<void>((resolve) => (goOn = resolve));
  const pieces = Array.from({ length: 200 }, (_, index) => `${index} `);
  endpoint.script = async (reply) => {
    await reply.sayAll(pieces.slice(0, 100));
    await isThere;
    await reply.sayAll(pieces.slice(100), 2);
    await reply.end();
  };
  const ben = await person(server, "ben", "patient");
  const { id } = await ben.conversations.create("intake");
  ben.assistant(id).open();
  await ben.assistant(id).ask("Count, please");
  await until(ben.assistant(id).state, () => (newest(ben, id) ?? "").length > 50);
  const other = await person(server, "ben", "patient");
  other.assistant(id).open();
  await until(other.assistant(id).state, () => (newest(other, id) ?? "").length > 50);
  goOn();
  await Promise.all([isOver(ben, id), isOver(other, id)]);
  expect([newest(ben, id), newest(other, id)]).toEqual([pieces.join(""), pieces.join("")]);
  expect(ben.assistant(id).state.get().isAnswering).toBe(false);
});

test("an answer that is stopped in one tab keeps what was written, and can be asked for again", async () => {
  endpoint.script = async (reply) => {
    await reply.say("Once upon a time");
    await reply.left;
  };
  const ben = await person(server, "ben", "patient");
  const { id } = await ben.conversations.create("intake");
  const assistant = ben.assistant(id);
  assistant.open();
  await assistant.ask("A story");
  await until(assistant.state, () => newest(ben, id) === "Once upon a time");
  await assistant.stop();
  await isOver(ben, id);
  const last = assistant.state.get().entries.at(-1);
  expect(last?.kind === "message" && last.message.answer?.state).toBe("cancelled");
  endpoint.script = async (reply) => {
    await reply.say("The end");
    await reply.end();
  };
  await assistant.askAgain(last?.kind === "message" ? last.message.id : "");
  await until(assistant.state, () => newest(ben, id) === "The end");
  expect(endpoint.asked.at(-1)?.at(-1)?.content).toBe("A story");
});

test("a question that is asked without a connection is asked once when there is one", async () => {
  let isOpen = true;
  const proxy = await Proxy.before(server.port, () => ({ refused: !isOpen }));
  const timing = { reconnectMs: 10, reconnectMaxMs: 50 };
  const ben = await person(server, "ben", "patient", { url: proxy.url, timing });
  endpoint.script = async (reply) => {
    await reply.say("Yes");
    await reply.end();
  };
  const { id } = await ben.conversations.create("intake");
  ben.assistant(id).open();
  await until(ben.room(id).state, ({ isLive }) => isLive);
  const before = endpoint.asked.length;
  isOpen = false;
  proxy.cut();
  await until(ben.state, ({ isConnected }) => !isConnected);
  const asked = ben.assistant(id).ask("Are you there?");
  isOpen = true;
  await asked;
  await isOver(ben, id);
  expect(newest(ben, id)).toBe("Yes");
  expect(endpoint.asked.length - before).toBe(1);
  await proxy.close();
});

test("the list of conversations is the same in every tab", async () => {
  const [one, other] = await Promise.all([
    person(server, "carl", "patient"),
    person(server, "carl", "patient"),
  ]);
  other.conversations.open();
  await until(other.conversations.state, ({ status }) => status === "ready");
  await until(other.state, ({ isConnected }) => isConnected);
  const { id } = await one.conversations.create("intake");
  await until(other.conversations.state, ({ items }) => items[0]?.id === id);
  await one.conversations.rename(id, "Sleep");
  await until(other.conversations.state, ({ items }) => items[0]?.title === "Sleep");
  await one.conversations.remove(id);
  await until(other.conversations.state, ({ items }) => items.length === 0);
});

test("in a visit nothing can be asked before the patient agreed, nor after they took it back", async () => {
  const { id } = await server.visit("anna", "ben");
  const [anna, ben] = await Promise.all([person(server, "anna", "doctor"), person(server, "ben", "patient")]);
  anna.assistant(id).open();
  ben.assistant(id).open();
  await Promise.all([anna, ben].map((page) => until(page.room(id).state, ({ isLive }) => isLive)));
  const ask = () => anna.assistant(id).ask("What does this mean?", { assistantId: "intake" });
  await expect(ask()).rejects.toMatchObject({ code: "consent_required" });
  await anna.assistant(id).enable("intake");
  await until(ben.assistant(id).state, ({ questions }) => questions[0]?.assistantId === "intake");
  await ben.assistant(id).give("intake");
  await until(anna.assistant(id).state, ({ assistants }) => assistants[0]?.state === "on");
  expect(ben.assistant(id).state.get().questions).toEqual([]);
  await ask();
  await ben.assistant(id).withdraw("intake");
  await until(anna.assistant(id).state, ({ assistants }) => assistants[0]?.state === "refused");
  await expect(ask()).rejects.toMatchObject({ code: "consent_required" });
});

/** What was decided about machines in a visit, oldest first. */
async function consentsIn(page: Bedside, roomId: string) {
  const { events } = await page.ask("chat:history", { roomId, afterSeq: 0 });
  return events.flatMap((event) => (event.kind === "assistant_consent" ? [event] : []));
}

test("what is taken back on a page that was loaded anew names the text that was agreed to, however much was written since", async () => {
  const { id } = await server.visit("anna", "ben");
  const [anna, ben] = await Promise.all([person(server, "anna", "doctor"), person(server, "ben", "patient")]);
  anna.assistant(id).open();
  ben.assistant(id).open();
  await until(anna.room(id).state, ({ isLive }) => isLive);
  await anna.assistant(id).enable("intake");
  await until(ben.assistant(id).state, ({ questions }) => questions.length === 1);
  await ben.assistant(id).give("intake");
  // A page ends at 256 KiB, and none has more than 16 KiB of one message.
  for (let written = 0; written < 18; written += 1) await anna.room(id).send("😀".repeat(4_000));
  ben.close();

  const anew = await person(server, "ben", "patient");
  anew.assistant(id).open();
  await until(anew.assistant(id).state, ({ assistants }) => assistants[0]?.state === "on");
  expect(anew.room(id).state.get().hasEarlier).toBe(true);
  await anew.assistant(id).withdraw("intake");
  const { events } = await anna.ask("chat:history", { roomId: id });
  const taken = events.findLast((event) => event.kind === "assistant_consent");
  const given = (await consentsIn(anna, id))[0];
  expect(given).toMatchObject({ decision: "given" });
  expect(taken).toMatchObject({ decision: "withdrawn", textVersion: given?.textVersion });
});
