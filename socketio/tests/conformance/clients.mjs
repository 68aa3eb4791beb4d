// The stock JavaScript client, unmodified, on every transport.
import { io } from "socket.io-client";
import { BASE, assert, check, run, sleep } from "./harness.mjs";

const jwt = process.env.JWT === undefined ? undefined : JSON.parse(process.env.JWT);
const connect = (options = {}) => io(BASE, { forceNew: true, reconnectionDelay: 10, ...options });
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...values) => resolve(values)));

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
  const name = transports.join(" to ");

  check(`${name}: events, acknowledgements, binary and order`, async () => {
    const socket = connect({ transports, auth: { token: "abc" } });
    if (!jwt) assert.deepEqual(await once(socket, "auth"), [{ token: "abc" }]);
    else await once(socket, "connect");
    while (socket.io.engine.transport.name !== transports.at(-1)) await sleep(5);
    const back = once(socket, "message-back");
    socket.emit("message", 1, "ü\u{1f600}\n", { b: [2] });
    assert.deepEqual(await back, [1, "ü\u{1f600}\n", { b: [2] }]);
    assert.deepEqual(await socket.emitWithAck("echo", { y: 1 }), { y: 1 });
    const binary = once(socket, "binary-back");
    const bytes = Buffer.alloc(100000, 7);
    socket.emit("binary", bytes, { deep: [Buffer.from([4])] }, bytes);
    assert.deepEqual(await binary, [bytes, { deep: [Buffer.from([4])] }, bytes]);
    const answer = await socket.emitWithAck("echo", Buffer.from([9]));
    assert.deepEqual(Buffer.from(answer), Buffer.from([9]));
    const ticks = [];
    socket.on("tick", (tick) => ticks.push(tick));
    socket.emit("burst", 1000);
    assert.equal(await socket.timeout(4000).emitWithAck("echo", 1), 1);
    assert.deepEqual(ticks, Array.from({ length: 1000 }, (_, index) => index));
    socket.disconnect();
  });

  check(`${name}: two namespaces on one connection, and a refused one`, async () => {
    const manager = connect({ transports }).io;
    const [root, custom, unknown] = [manager.socket("/"), manager.socket("/custom"), manager.socket("/unknown")];
    const [[error]] = await Promise.all([once(unknown.connect(), "connect_error"), once(custom.connect(), "connect")]);
    assert.equal(error.message, "Invalid namespace");
    assert.equal(error.data, undefined);
    custom.disconnect();
    assert.equal(await root.emitWithAck("echo", 2), 2);
    root.disconnect();
  });

  check(`${name}: a kick out of the namespace is final, one off the transport is not`, async () => {
    const socket = connect({ transports });
    await once(socket, "connect");
    socket.emit("kick", "transport");
    assert.equal((await once(socket, "disconnect"))[0], "transport close");
    await once(socket, "connect");
    socket.emit("kick", "namespace");
    assert.equal((await once(socket, "disconnect"))[0], "io server disconnect");
    await sleep(50);
    assert.equal(socket.connected, false);
  });

  check(`${name}: the connection outlives several heartbeats`, async () => {
    const socket = connect({ transports });
    await once(socket, "connect");
    socket.once("disconnect", (reason) => assert.fail(reason));
    await sleep(1300);
    assert.equal(await socket.emitWithAck("echo", 3), 3);
    socket.off("disconnect");
    socket.disconnect();
  });

  check(`${name}: what is too large ends the connection, and the client comes back`, async () => {
    const socket = connect({ transports });
    await once(socket, "connect");
    socket.emit("message", "x".repeat(1000001));
    const [reason] = await once(socket, "disconnect");
    assert.ok(["transport close", "transport error"].includes(reason), reason);
    await once(socket, "connect");
    socket.disconnect();
  });
}

check("a relayed event reaches everybody, the sender too", async () => {
  const sockets = [connect(), connect({ transports: ["websocket"] }), connect({ transports: ["polling"] })];
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const heard = sockets.map((socket) => once(socket, "relayed"));
  sockets[0].emit("relay", { sdp: "v=0" });
  for (const [{ payload }] of await Promise.all(heard)) assert.deepEqual(payload, { sdp: "v=0" });
  sockets.forEach((socket) => socket.disconnect());
});

run("socket.io-client");
