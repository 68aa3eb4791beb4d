// Tokens in the root namespace. The server runs with --jwt-secret secret.
import { createHmac } from "node:crypto";
import { io } from "socket.io-client";
import { BASE, assert, check, run, sleep } from "./harness.mjs";

const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...values) => resolve(values)));
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = Math.floor(Date.now() / 1000);

function token(claims = {}, header = { alg: "HS256", typ: "JWT" }, secret = "secret") {
  const signed = `${encode(header)}.${encode({ sub: "anna", exp: now + 60, ...claims })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

const connect = (options) => io(BASE, { forceNew: true, reconnection: false, ...options });

for (const transports of [["websocket"], ["polling"]]) {
  for (const [name, options, code] of [
    ["no token", {}, "token_missing"],
    ["an empty token", { auth: { token: "" } }, "token_missing"],
    ["a token of another secret", { auth: { token: token({}, undefined, "other") } }, "token_invalid"],
    ["a token without an algorithm", { auth: { token: token({}, { alg: "none" }) } }, "token_invalid"],
    ["no token at all", { auth: { token: "abc" } }, "token_invalid"],
    ["an old token", { auth: { token: token({ exp: now - 1 }) } }, "token_expired"],
  ]) {
    check(`${transports}: ${name} is refused with ${code}`, async () => {
      const socket = connect({ transports, ...options });
      const [error] = await once(socket, "connect_error");
      assert.equal(error.data.code, code);
      socket.disconnect();
    });
  }

  for (const [where, options] of [
    ["the payload", { auth: { token: token() } }],
    ["the header", { extraHeaders: { authorization: `Bearer ${token()}` } }],
    ["the query", { query: { token: token() } }],
  ]) {
    check(`${transports}: the token of ${where} says who it is, and nothing is emitted on connection`, async () => {
      const socket = connect({ transports, ...options });
      socket.on("auth", () => assert.fail("auth"));
      await once(socket, "connect");
      assert.deepEqual(await socket.emitWithAck("whoami"), { sub: "anna" });
      const relayed = once(socket, "relayed");
      socket.emit("relay", [1]);
      assert.deepEqual(await relayed, [{ from: "anna", payload: [1] }]);
      await sleep(100);
      socket.disconnect();
    });
  }
}

run("tokens");
