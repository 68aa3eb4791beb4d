// Connection state recovery as the stock client does it. The server runs with --recovery-ms.
import { io } from "socket.io-client";
import { BASE, Wire, assert, check, run, sleep } from "./harness.mjs";

const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...values) => resolve(values)));
const connect = (options = {}) => io(BASE, { forceNew: true, reconnectionDelay: 200, randomizationFactor: 0, ...options });
const PATH = "/socket.io/";

for (const transports of [["websocket"], ["polling"]]) {
  check(`${transports}: what was sent meanwhile comes first, and the socket is the same`, async () => {
    const [here, away] = [connect({ transports }), connect({ transports })];
    await Promise.all([once(here, "auth"), once(away, "auth")]);
    const { id } = away;
    assert.equal(away.recovered, false);
    const heard = [];
    away.on("relayed", ({ payload }) => heard.push(payload));
    const first = once(away, "relayed");
    here.emit("relay", 1);
    await first;
    const lost = once(away, "disconnect");
    away.io.engine.close();
    await lost;
    here.emit("relay", 2);
    here.emit("relay", 3);
    await once(away, "connect");
    assert.equal(away.recovered, true);
    assert.equal(away.id, id);
    here.emit("relay", 4);
    while (heard.length < 4) await sleep(10);
    assert.deepEqual(heard, [1, 2, 3, 4]);
    here.disconnect();
    away.disconnect();
  });
}

// The raw exchange: joins with this CONNECT payload.
async function join(auth) {
  const wire = new Wire(PATH);
  await wire.next();
  wire.send(`40${JSON.stringify(auth)}`);
  const messages = [];
  for (;;) {
    const [message] = await wire.some(1);
    if (message.startsWith("40")) return { wire, missed: messages, ...JSON.parse(message.slice(2)) };
    messages.push(JSON.parse(message.slice(2)));
  }
}

async function greeting(wire) {
  const [message] = await wire.some(1);
  return JSON.parse(message.slice(2)).at(-1);
}

check("a pid works once, and only with an offset that is known", async () => {
  const first = await join({});
  const offset = await greeting(first.wire);
  assert.equal(typeof offset, "string");
  first.wire.socket.terminate();
  await sleep(50);
  const second = await join({ pid: first.pid, offset });
  assert.equal(second.sid, first.sid);
  assert.equal(second.pid, first.pid);
  const thief = await join({ pid: first.pid, offset: "unknown" });
  assert.notEqual(thief.sid, first.sid);
  assert.notEqual(thief.pid, first.pid);
  for (const auth of [{ pid: "unknown", offset }, { pid: second.pid }, { pid: 5, offset: [] }]) {
    const other = await join(auth);
    assert.notEqual(other.sid, first.sid);
    other.wire.end();
  }
  second.wire.end();
  thief.wire.end();
});

check("a half-open connection is replaced by the one that comes back", async () => {
  const first = await join({});
  const offset = await greeting(first.wire);
  const second = await join({ pid: first.pid, offset });
  assert.equal(second.sid, first.sid);
  await first.wire.closed();
  second.wire.end();
});

check("after a DISCONNECT from either side nothing is recovered", async () => {
  for (const end of ["41", '42["kick","namespace"]']) {
    const first = await join({});
    const offset = await greeting(first.wire);
    first.wire.send(end);
    await sleep(50);
    first.wire.socket.terminate();
    await sleep(20);
    const second = await join({ pid: first.pid, offset });
    assert.notEqual(second.sid, first.sid);
    second.wire.end();
  }
});

run("recovery");
