/** The connection: lost, resumed, given up, blocked. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { everybodyLeaves, person, texts } from "./harness/people.js";
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

test("a connection that is cut is resumed: the session stays, and what was said meanwhile is heard once", async () => {
  const { id } = await server.visit("anna", "ben");
  let isOpen = true;
  const proxy = await Proxy.before(server.port, () => ({ refused: !isOpen }));
  const anna = await person(server, "anna", "doctor");
  const ben = await person(server, "ben", "patient", { url: proxy.url, timing });
  const facts: number[] = [];
  ben.room(id).onFact(({ seq }) => facts.push(seq));
  anna.room(id).open();
  ben.room(id).open();
  await until(ben.room(id).state, ({ isLive }) => isLive);
  const { sessionId } = ben.state.get();
  const resumed: boolean[] = [];
  ben.onSession((ready) => resumed.push(ready.resumed));
  isOpen = false;
  proxy.cut();
  await until(ben.state, ({ isConnected }) => !isConnected);
  await anna.room(id).send("one");
  await anna.room(id).send("two");
  isOpen = true;
  const room = await until(ben.room(id).state, ({ lastSeq }) => lastSeq === 2);
  expect(texts(room.entries)).toEqual(["one", "two"]);
  expect(facts).toEqual([1, 2]);
  expect(resumed).toEqual([true]);
  expect(ben.state.get()).toMatchObject({ sessionId, status: "connected", error: null });
  await proxy.close();
});

test("a server that is killed and started again is found again, and nothing is lost", async () => {
  const mortal = await Server.start();
  try {
    const { id } = await mortal.visit("anna", "ben");
    const [anna, ben] = await Promise.all([
      person(mortal, "anna", "doctor", { timing }),
      person(mortal, "ben", "patient", { timing }),
    ]);
    anna.room(id).open();
    ben.room(id).open();
    await until(ben.room(id).state, ({ isLive }) => isLive);
    await anna.room(id).send("before");
    await mortal.kill();
    await until(anna.state, ({ status }) => status === "reconnecting");
    const sent = anna.room(id).send("while it was down");
    const outgoing = anna.room(id).state.get().entries.at(-1);
    expect(outgoing).toMatchObject({ kind: "outgoing", content: "while it was down", state: "sending" });
    await mortal.run();
    await sent;
    const room = await until(ben.room(id).state, ({ lastSeq }) => lastSeq === 2);
    expect(texts(room.entries)).toEqual(["before", "while it was down"]);
  } finally {
    everybodyLeaves();
    await mortal.stop();
  }
});

test("a session that the server ends for good is not brought back by itself, and retry goes on", async () => {
  const anna = await person(server, "anna", "doctor", { timing });
  const { sessionId } = await until(anna.state, ({ isConnected }) => isConnected);
  await anna.rest.DELETE("/api/v1/me/sessions/{id}", { params: { path: { id: sessionId ?? "" } } });
  const stopped = await until(anna.state, ({ status }) => status === "stopped");
  expect(stopped).toMatchObject({ action: "stop", isConnected: false, nextAttemptAt: null });
  expect(stopped.error?.message).toBeTruthy();
  anna.retry();
  const again = await until(anna.state, ({ isConnected }) => isConnected);
  expect(again.sessionId).not.toBe(sessionId);
});

test("where WebSocket is blocked, long polling carries everything", async () => {
  const isSocket = (head: string): boolean => /upgrade: websocket/i.test(head);
  const proxy = await Proxy.before(server.port, (_, head) => ({ refused: isSocket(head) }));
  const { id } = await server.visit("anna", "ben");
  const ben = await person(server, "ben", "patient", { url: proxy.url, timing });
  ben.room(id).open();
  await until(ben.room(id).state, ({ isLive }) => isLive);
  expect((await ben.room(id).send("by polling")).seq).toBe(1);
  await proxy.close();
});

test("where WebSocket opens and carries nothing, the next attempt begins with long polling", async () => {
  const isSocket = (head: string): boolean => /upgrade: websocket/i.test(head);
  const proxy = await Proxy.before(server.port, (_, head) =>
    isSocket(head) ? { passBytes: 1, end: { silentMs: 60_000 } } : {},
  );
  const ben = await person(server, "ben", "patient", {
    url: proxy.url,
    timing: { ...timing, connectMs: 500 },
  });
  await until(ben.state, ({ isConnected }) => isConnected);
  await ben.ask("session:ping", {});
  await proxy.close();
});

test("where no socket gets through, REST carries the chat both ways", async () => {
  const isSocket = (head: string): boolean => head.includes("/socket.io/");
  const proxy = await Proxy.before(server.port, (_, head) => ({ refused: isSocket(head) }));
  const { id } = await server.visit("anna", "ben");
  const anna = await person(server, "anna", "doctor");
  const slow = { ...timing, pollAfterMs: 100, pollAloneMs: 200 };
  const ben = await person(server, "ben", "patient", { url: proxy.url, timing: slow });
  anna.room(id).open();
  ben.room(id).open();
  const polled = await until(ben.state, ({ status }) => status === "polling");
  expect(polled).toMatchObject({ isConnected: false, user: { id: "ben" } });
  await ben.room(id).send("by REST");
  await until(anna.room(id).state, ({ entries }) => texts(entries).includes("by REST"));
  await anna.room(id).send("by socket");
  const room = await until(ben.room(id).state, ({ entries }) => texts(entries).length === 2);
  expect(texts(room.entries)).toEqual(["by REST", "by socket"]);
  expect(room).toMatchObject({ status: "joined", isLive: false, consultation: { id } });
  expect(room.entries.every((entry) => entry.kind === "message")).toBe(true);
  await proxy.close();
});

test("beside a socket that is dead without knowing it, REST brings what was said", async () => {
  const proxy = await Proxy.before(server.port, () => ({}));
  const { id } = await server.visit("anna", "ben");
  const anna = await person(server, "anna", "doctor");
  const ben = await person(server, "ben", "patient", {
    url: proxy.url,
    timing: { ...timing, pollBesideMs: 300 },
  });
  anna.room(id).open();
  ben.room(id).open();
  await until(ben.room(id).state, ({ isLive }) => isLive);
  proxy.mute();
  await anna.room(id).send("Are you still there?");
  const room = await until(ben.room(id).state, ({ lastSeq }) => lastSeq === 1);
  expect(texts(room.entries)).toEqual(["Are you still there?"]);
  expect(ben.state.get().isConnected).toBe(true);
  await proxy.close();
});

test("a token that REST refuses, where no socket gets through, ends in a stop", async () => {
  const proxy = await Proxy.before(server.port, (_, head) => ({ refused: head.includes("/socket.io/") }));
  const slow = { ...timing, pollAfterMs: 100 };
  const ben = await person(server, "ben", "patient", { url: proxy.url, timing: slow, token: "no token" });
  const stopped = await until(ben.state, ({ status }) => status === "stopped");
  expect(stopped).toMatchObject({ action: "refresh_token", error: { code: "token_invalid" } });
  await proxy.close();
});

test("who asks without a connection is told so in time, and may give up before", async () => {
  const proxy = await Proxy.before(server.port, () => ({ refused: true }));
  const anna = await person(server, "anna", "doctor", { url: proxy.url, timing });
  await expect(anna.ask("session:ping", {}, { timeoutMs: 100 })).rejects.toMatchObject({ code: "closed" });
  const given = new AbortController();
  const asked = anna.ask("session:ping", {}, { signal: given.signal });
  given.abort("the page was left");
  await expect(asked).rejects.toMatchObject({
    code: "closed",
    message: expect.stringContaining("the page was left"),
  });
  await proxy.close();
});

test("what is refused is thrown with its code and field", async () => {
  const anna = await person(server, "anna", "doctor");
  await expect(anna.ask("chat:join_room", { roomId: "nowhere" })).rejects.toMatchObject({
    name: "Refused",
    code: "not_found",
  });
  const malformed = anna.ask("presence:set", { status: "asleep" as "away" });
  await expect(malformed).rejects.toMatchObject({ code: "malformed" });
});

test("a room that is not one's own is refused, and says so", async () => {
  const { id } = await server.visit("anna", "ben");
  const carl = await person(server, "carl", "patient");
  carl.room(id).open();
  const room = await until(carl.room(id).state, ({ status }) => status === "refused");
  expect(room.error?.code).toBe("not_found");
});

test("closing ends the session at the server at once", async () => {
  const { id } = await server.visit("anna", "ben");
  const [anna, ben] = await Promise.all([person(server, "anna", "doctor"), person(server, "ben", "patient")]);
  anna.room(id).open();
  ben.room(id).open();
  const online = (wanted: boolean) =>
    until(anna.room(id).state, ({ members }) =>
      members.some(({ userId, online: is }) => userId === "ben" && is === wanted),
    );
  await online(true);
  ben.close();
  await online(false);
  await expect(ben.ask("session:ping", {})).rejects.toMatchObject({ code: "closed" });
});
