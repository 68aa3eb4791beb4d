/** Tokens: asked for, renewed, refused. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { everybodyLeaves, person } from "./harness/people.js";
import { Server } from "./harness/server.js";
import { SECRET, signed } from "./harness/sign.js";
import { until } from "./harness/until.js";

const HOUR_MS = 3_600_000;
const timing = { reconnectMs: 10, reconnectMaxMs: 50 };

let server: Server;
beforeAll(async () => {
  server = await Server.start({ set: { "auth.secret": SECRET } });
});
afterEach(everybodyLeaves);
afterAll(() => server.stop());

test("a token that has expired is asked for anew when connecting", async () => {
  const tokens = [signed("anna", "doctor", -HOUR_MS), signed("anna", "doctor", HOUR_MS)];
  const anna = await person(server, "anna", "doctor", { token: () => tokens.shift() ?? "", timing });
  const { user } = await until(anna.state, ({ isConnected }) => isConnected);
  expect(user?.id).toBe("anna");
});

test("a fixed token that is refused ends in a stop that says what helps, and a new one goes on", async () => {
  const anna = await person(server, "anna", "doctor", { token: "no token at all", timing });
  const stopped = await until(anna.state, ({ status }) => status === "stopped");
  expect(stopped).toMatchObject({
    action: "refresh_token",
    error: { code: "token_invalid" },
    nextAttemptAt: null,
  });
  await expect(anna.ask("session:ping", {})).rejects.toMatchObject({ code: "token_invalid" });
  anna.retry(signed("anna", "doctor", HOUR_MS));
  await until(anna.state, ({ isConnected, error }) => isConnected && error === null);
});

test("a token function that only ever gives bad tokens is not asked for ever", async () => {
  let asked = 0;
  const token = (): string => `bad ${(asked += 1)}`;
  const anna = await person(server, "anna", "doctor", { token, timing });
  await until(anna.state, ({ status }) => status === "stopped");
  expect(asked).toBe(4);
  expect(anna.state.get().action).toBe("refresh_token");
});

test("a token function that fails is asked again, and the failure is said", async () => {
  let asked = 0;
  const token = async (): Promise<string> => {
    asked += 1;
    if (asked < 3) throw new Error("signed out");
    return signed("anna", "doctor", HOUR_MS);
  };
  const anna = await person(server, "anna", "doctor", { token, timing });
  const failing = await until(anna.state, ({ error }) => error !== null);
  expect(failing.error?.message).toContain("signed out");
  await until(anna.state, ({ isConnected }) => isConnected);
});

test("a session outlives its first token, because it is renewed in time", async () => {
  const tokens = [signed("anna", "doctor", 4_000)];
  const anna = await person(server, "anna", "doctor", {
    token: () => tokens.shift() ?? signed("anna", "doctor", HOUR_MS),
    timing,
  });
  const { sessionId } = await until(anna.state, ({ isConnected }) => isConnected);
  const closed: number[] = [];
  anna.on("session:closing", ({ code }) => closed.push(code));
  const short = await person(server, "ben", "patient", { token: signed("ben", "patient", 4_000), timing });
  // Beside it a session whose token cannot be renewed: when that has ended, the first token's time is over.
  const stopped = await until(short.state, ({ status }) => status === "stopped", 60_000);
  expect(stopped.action).toBe("refresh_token");
  await anna.ask("session:ping", {});
  expect(closed).toEqual([]);
  expect(anna.state.get().sessionId).toBe(sessionId);
});

test("REST asks for a new token too, once the old one is refused", async () => {
  const tokens = [signed("anna", "doctor", -HOUR_MS)];
  const token = (): string => tokens.shift() ?? signed("anna", "doctor", HOUR_MS);
  const anna = await person(server, "anna", "doctor", { token, connect: false });
  expect((await anna.rest.GET("/api/v1/me")).data?.id).toBe("anna");
  const none = await person(server, "anna", "doctor", { token: "nothing", connect: false });
  await expect(none.rest.GET("/api/v1/me")).rejects.toMatchObject({ name: "Refused", code: "token_invalid" });
});
