/** A room as its people see it. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { everybodyLeaves, person, texts } from "./harness/people.js";
import { Proxy } from "./harness/proxy.js";
import { Server } from "./harness/server.js";
import { until } from "./harness/until.js";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterEach(everybodyLeaves);
afterAll(() => server.stop());

test("what one writes the other reads, and the ticks say so", async () => {
  const { id } = await server.visit("anna", "ben");
  const [anna, ben] = await Promise.all([person(server, "anna", "doctor"), person(server, "ben", "patient")]);
  const [annas, bens] = [anna.room(id), ben.room(id)];
  annas.open();
  bens.open();
  await until(bens.state, (room) => room.isLive);
  const sent = await annas.send("Good morning");
  await until(bens.state, (room) => texts(room.entries).includes("Good morning"));
  expect(bens.state.get().unread).toBe(1);
  const delivery = (wanted: string) =>
    until(annas.state, (room) =>
      room.entries.some((entry) => entry.kind === "message" && entry.delivery === wanted),
    );
  await delivery("delivered");
  bens.markSeen();
  expect(bens.state.get().unread).toBe(0);
  await delivery("seen");
  const shown = bens.state.get();
  bens.markSeen();
  expect(bens.state.get(), "what was seen already changes nothing, however often it is said").toBe(shown);
  await annas.redact(sent.id);
  await until(bens.state, (room) => room.entries.some((entry) => entry.kind === "message" && entry.redacted));
  expect(texts(bens.state.get().entries)).toEqual([null]);
});

test("typing is seen, ends when something is sent, and ends by itself", async () => {
  const { id } = await server.visit("anna", "ben");
  const [anna, ben] = await Promise.all([person(server, "anna", "doctor"), person(server, "ben", "patient")]);
  const [annas, bens] = [anna.room(id), ben.room(id)];
  annas.open();
  bens.open();
  await Promise.all([annas, bens].map((room) => until(room.state, ({ isLive }) => isLive)));
  const types = () => until(annas.state, ({ typing }) => typing[0]?.userId === "ben");
  const stops = () => until(annas.state, ({ typing }) => typing.length === 0);
  bens.typing();
  await types();
  await bens.send("Done");
  await stops();
  bens.typing();
  await types();
  bens.stopTyping();
  await stops();
  bens.typing();
  await types();
  await stops();
});

test("a long history begins with its newest page, and earlier pages come when they are asked for", async () => {
  const small = await Server.start({ set: { "limits.page_events": 10, "limits.chat_burst": 100 } });
  try {
    const { id } = await small.visit("anna", "ben");
    const anna = await person(small, "anna", "doctor");
    anna.room(id).open();
    const numbers = Array.from({ length: 25 }, (_, index) => `${index}`);
    await Promise.all(numbers.map((number) => anna.room(id).send(number)));
    const ben = await person(small, "ben", "patient");
    const room = ben.room(id);
    room.open();
    const newest = await until(room.state, ({ isLive }) => isLive);
    expect(texts(newest.entries)).toEqual(numbers.slice(-10));
    expect(newest.hasEarlier).toBe(true);
    await room.loadEarlier();
    expect(texts(room.state.get().entries)).toEqual(numbers.slice(-20));
    await room.loadEarlier();
    expect(texts(room.state.get().entries)).toEqual(numbers);
    expect(room.state.get().hasEarlier).toBe(false);
  } finally {
    everybodyLeaves();
    await small.stop();
  }
});

test("who was away for more than a page catches up with everything", async () => {
  const small = await Server.start({
    set: { "limits.page_events": 10, "limits.chat_burst": 100, "socket.resume_window_ms": 1 },
  });
  try {
    const { id } = await small.visit("anna", "ben");
    let isOpen = true;
    const proxy = await Proxy.before(small.port, () => ({ refused: !isOpen }));
    const timing = { reconnectMs: 10, reconnectMaxMs: 50 };
    const ben = await person(small, "ben", "patient", { url: proxy.url, timing });
    const facts: number[] = [];
    ben.room(id).onFact(({ seq }) => facts.push(seq));
    ben.room(id).open();
    await until(ben.room(id).state, ({ isLive }) => isLive);
    isOpen = false;
    proxy.cut();
    await until(ben.state, ({ isConnected }) => !isConnected);
    const anna = await person(small, "anna", "doctor");
    anna.room(id).open();
    await Promise.all(Array.from({ length: 35 }, (_, index) => anna.room(id).send(`${index}`)));
    isOpen = true;
    await until(ben.room(id).state, ({ lastSeq }) => lastSeq === 35);
    expect(facts).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
    await proxy.close();
  } finally {
    everybodyLeaves();
    await small.stop();
  }
});
