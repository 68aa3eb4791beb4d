/** The outbox: nothing that was written is lost, and nothing is stored twice. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Bedside, type Role } from "../src/index.js";
import { MemoryStorage, everybodyLeaves, person, texts } from "./harness/people.js";
import { Proxy } from "./harness/proxy.js";
import { Server } from "./harness/server.js";
import { until } from "./harness/until.js";

const timing = { reconnectMs: 10, reconnectMaxMs: 50 };

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterEach(everybodyLeaves);
afterAll(() => server.stop());

/** A page of which we can cut the network. */
async function mobile(user: string, role: Role, storage: MemoryStorage, instanceId: string) {
  let isOpen = true;
  const proxy = await Proxy.before(server.port, () => ({ refused: !isOpen }));
  const page = await person(server, user, role, { url: proxy.url, storage, instanceId, timing });
  const lose = async (): Promise<void> => {
    isOpen = false;
    proxy.cut();
    await until(page.state, ({ isConnected }) => !isConnected);
  };
  return { page, lose, close: () => proxy.close() };
}

async function inRoom(page: Bedside, id: string): Promise<void> {
  page.room(id).open();
  await until(page.room(id).state, ({ isLive }) => isLive);
}

/** A message whose promise nobody waits for: its refusal is no uncaught error. */
const scribble = (page: Bedside, id: string, text: string): void => void page.room(id).send(text);

test("what was written without a network is sent after a reload, once and in order", async () => {
  const { id } = await server.visit("anna", "ben");
  const storage = new MemoryStorage();
  const before = await mobile("ben", "patient", storage, "page-one");
  await inRoom(before.page, id);
  await before.lose();
  for (const text of ["one", "two", "three"]) scribble(before.page, id, text);
  before.page.close();
  await before.close();
  expect(storage.length).toBe(3);

  const after = await person(server, "ben", "patient", { storage, instanceId: "page-one", timing });
  after.room(id).open();
  const room = await until(after.room(id).state, ({ entries }) => texts(entries).length === 3);
  expect(texts(room.entries)).toEqual(["one", "two", "three"]);
  await until(after.room(id).state, ({ entries }) => entries.every(({ kind }) => kind === "message"));
  expect(storage.length).toBe(0);
});

test("a message whose acknowledgement was lost is not stored twice", async () => {
  const { id } = await server.visit("anna", "ben");
  const storage = new MemoryStorage();
  const ben = await mobile("ben", "patient", storage, "page-two");
  await inRoom(ben.page, id);
  await ben.page.room(id).send("once");
  // As if the page had gone away between the commit and the answer.
  const [stored] = (await ben.page.ask("chat:history", { roomId: id })).events;
  const { clientMessageId } = (stored as { message: { clientMessageId: string } }).message;
  const kept = {
    clientMessageId,
    roomId: id,
    content: "once",
    replyTo: null,
    writtenAt: Date.now(),
    instanceId: "page-two",
    failed: null,
  };
  storage.setItem(`bedside.outbox.ben.${clientMessageId}`, JSON.stringify(kept));
  ben.page.close();
  await ben.close();

  const after = await person(server, "ben", "patient", { storage, instanceId: "page-two", timing });
  await inRoom(after, id);
  await after.room(id).send("and another");
  expect(texts(after.room(id).state.get().entries)).toEqual(["once", "and another"]);
  expect(storage.length).toBe(0);
});

test("what somebody wrote is not sent by the next person at the same computer", async () => {
  const { id } = await server.visit("anna", "ben");
  const storage = new MemoryStorage();
  const ben = await mobile("ben", "patient", storage, "page-three");
  await inRoom(ben.page, id);
  await ben.lose();
  scribble(ben.page, id, "only for me to say");
  ben.page.close();
  await ben.close();

  const anna = await person(server, "anna", "doctor", { storage, instanceId: "page-three", timing });
  await inRoom(anna, id);
  await anna.room(id).send("Hello?");
  expect(texts(anna.room(id).state.get().entries)).toEqual(["Hello?"]);
  expect(storage.length).toBe(1);
});

test("two tabs leave each other's messages alone, and what a closed tab left is taken over after a while", async () => {
  const { id } = await server.visit("anna", "ben");
  const storage = new MemoryStorage();
  const first = await mobile("ben", "patient", storage, "first-tab");
  await inRoom(first.page, id);
  await first.lose();
  scribble(first.page, id, "from the first tab");

  const second = await person(server, "ben", "patient", { storage, instanceId: "second-tab", timing });
  await inRoom(second, id);
  await second.room(id).send("from the second tab");
  expect(texts(second.room(id).state.get().entries)).toEqual(["from the second tab"]);
  second.close();
  first.page.close();
  await first.close();

  const [key] = [storage.key(0) ?? ""];
  const kept = JSON.parse(storage.getItem(key) ?? "") as { writtenAt: number };
  storage.setItem(key, JSON.stringify({ ...kept, writtenAt: kept.writtenAt - 120_000 }));
  const third = await person(server, "ben", "patient", { storage, instanceId: "third-tab", timing });
  third.room(id).open();
  await until(third.room(id).state, ({ entries }) => texts(entries).includes("from the first tab"));
  expect(storage.length).toBe(0);
});

test("a message that is refused stays, says why, and can be tried again or taken away", async () => {
  const { id } = await server.visit("anna", "ben", { waitingRoom: false });
  const [anna, ben] = await Promise.all([person(server, "anna", "doctor"), person(server, "ben", "patient")]);
  await inRoom(anna, id);
  await inRoom(ben, id);
  for (const page of [anna, ben]) await page.ask("webrtc:join_room", { roomId: id });
  await anna.room(id).end("all well");
  const ended = { kind: "fact", event: { kind: "ended", outcome: "all well" } };
  await until(ben.room(id).state, ({ consultation }) => consultation?.status === "completed");
  await until(ben.room(id).state, ({ lastSeq }) => lastSeq === 2);
  expect(ben.room(id).state.get().entries.at(-1)).toMatchObject(ended);
  await expect(ben.room(id).send("Too late?")).rejects.toMatchObject({ code: "ended" });
  const refused = ben.room(id).state.get().entries.at(-1);
  expect(refused).toMatchObject({
    kind: "outgoing",
    state: "failed",
    content: "Too late?",
    error: { code: "ended" },
  });
  const { clientMessageId } = refused as { clientMessageId: string };
  await anna.consultations.reopen(id);
  ben.room(id).retry(clientMessageId);
  await until(anna.room(id).state, ({ entries }) => texts(entries).includes("Too late?"));
  await expect(ben.room(id).send("x".repeat(5_000))).rejects.toMatchObject({ code: "too_large" });
  const tooLong = ben.room(id).state.get().entries.at(-1) as { clientMessageId: string };
  ben.room(id).discard(tooLong.clientMessageId);
  expect(
    ben
      .room(id)
      .state.get()
      .entries.every(({ kind }) => kind !== "outgoing"),
  ).toBe(true);
});

test("more messages than may wait are refused at once", async () => {
  const { id } = await server.visit("anna", "ben");
  const ben = await mobile("ben", "patient", new MemoryStorage(), "page-four");
  await inRoom(ben.page, id);
  await ben.lose();
  for (let count = 0; count < 100; count += 1) scribble(ben.page, id, `${count}`);
  await expect(ben.page.room(id).send("one too many")).rejects.toMatchObject({ code: "overloaded" });
  ben.page.close();
  await ben.close();
});

test("who signs out leaves nothing behind", async () => {
  const { id } = await server.visit("anna", "ben");
  const storage = new MemoryStorage();
  const ben = await mobile("ben", "patient", storage, "page-five");
  await inRoom(ben.page, id);
  await ben.lose();
  const sent = ben.page.room(id).send("not for the next one here");
  expect(storage.length).toBe(1);
  ben.page.close({ forget: true });
  await expect(sent).rejects.toMatchObject({ code: "closed" });
  expect(storage.length).toBe(0);
  await ben.close();
});
