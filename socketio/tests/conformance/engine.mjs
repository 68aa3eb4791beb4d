// Engine.IO v4: every rule that the official protocol suite asks for, and those that other servers were caught by.
import { Poller, Wire, PING_INTERVAL, PING_TIMEOUT, address, assert, check, isOpen, refused, run, sleep } from "./harness.mjs";

const PATH = process.argv[2] ?? "/engine.io/";
const echoes = PATH === "/engine.io/";
const open = (options) => Poller.open(PATH, options);

check("polling opens with the five keys", async () => isOpen((await open()).handshake, ["websocket"]));

check("WebSocket opens with the five keys and no upgrades", async () => {
  const wire = new Wire(PATH);
  const text = await wire.next();
  assert.equal(text[0], "0");
  isOpen(JSON.parse(text.slice(1)), []);
  wire.end();
});

check("a refused request says why", async () => {
  const no = (query, options, status, code) => refused(query, options, status, code, PATH);
  await no("transport=polling", {}, 400, 5);
  await no("EIO=abc&transport=polling", {}, 400, 5);
  await no("EIO=3&transport=polling", {}, 400, 5);
  await no("EIO=4", {}, 400, 0);
  await no("EIO=4&transport=abc", {}, 400, 0);
  await no("EIO=4&transport=__proto__", {}, 400, 0);
  await no("EIO=4&transport=%ff", {}, 400, 0);
  await no("", {}, 400, 0);
  await no("EIO=4&transport=polling", { method: "POST" }, 400, 2);
  await no("EIO=4&transport=polling", { method: "PUT" }, 400, 2);
  await no("EIO=4&transport=websocket", {}, 400, 3);
  for (const sid of ["unknown", "__proto__", "%zz", "%00", "a".repeat(5000)]) {
    await no(`EIO=4&transport=polling&sid=${sid}`, {}, 400, 1);
  }
});

check("a WebSocket is refused before it is one", async () => {
  for (const query of [{ EIO: "abc" }, { EIO: "3" }, { transport: "abc" }, { sid: "unknown" }]) {
    const wire = new Wire(PATH, query);
    await wire.closed();
    assert.match(wire.error.message, /400/);
  }
});

check("an empty sid is no sid, and the first of two parameters counts", async () => {
  const response = await fetch(`${address(PATH, { transport: "polling", sid: "" })}&EIO=3&t=x`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.match(response.headers.get("content-type"), /^text\/plain; ?charset=utf-8$/i);
});

if (echoes) {
  for (const body of ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA==", "4 \u{1f600} é", "4"]) {
    check(`polling gives ${JSON.stringify(body)} back`, async () => {
      const poller = await open();
      assert.deepEqual(await poller.post(body), { status: 200, text: "ok" });
      assert.deepEqual(await poller.get(), { status: 200, text: body });
    });
  }

  check("a poll brings at most sixteen packets, in order", async () => {
    const poller = await open();
    const packets = Array.from({ length: 40 }, (_, index) => `4${index}`);
    await poller.post(packets.join("\x1e"));
    const got = [];
    while (got.length < 40) {
      const some = (await poller.get()).text.split("\x1e");
      assert.ok(some.length <= 16);
      got.push(...some);
    }
    assert.deepEqual(got, packets);
  });

  check("WebSocket gives text and bytes back", async () => {
    const wire = new Wire(PATH);
    await wire.open();
    await wire.next();
    wire.send("4hello", Uint8Array.from([1, 2, 3, 4]), "4" + "x".repeat(70000));
    const [text, bytes, long] = await wire.some(3);
    assert.equal(text, "4hello");
    assert.deepEqual(new Uint8Array(bytes), Uint8Array.from([1, 2, 3, 4]));
    assert.equal(long.length, 70001);
    wire.end();
  });
}

for (const body of ["abc", "", "4a\x1e\x1e4b", "4a\x1e", "b=", "7"]) {
  check(`the malformed body ${JSON.stringify(body)} ends the session`, async () => {
    const poller = await open();
    assert.equal((await poller.post(body)).status, 400);
    assert.equal((await poller.get()).status, 400);
  });
}

check("a binary body ends the session", async () => {
  const poller = await open();
  const headers = { "content-type": "application/octet-stream" };
  assert.equal((await poller.post("4a", { headers })).status, 400);
  assert.equal((await poller.get()).status, 400);
});

check("a body over the limit is 413 and ends the session", async () => {
  const poller = await open();
  assert.equal((await poller.post("4" + "x".repeat(1000000))).status, 413);
  assert.equal((await poller.get()).status, 400);
});

check("an unknown type on WebSocket ends the session", async () => {
  for (const text of ["abc", "", "2", "7x"]) {
    const wire = new Wire(PATH);
    await wire.next();
    wire.send(text);
    await wire.closed();
  }
});

check("two polls at once end the session, and the first is told", async () => {
  const poller = await open();
  const first = poller.get();
  await sleep(20);
  const second = await poller.get();
  // Whichever came first.
  const [told, refused] = [await first, second].sort((one, two) => one.status - two.status);
  assert.deepEqual(told, { status: 200, text: "1" });
  assert.equal(refused.status, 400);
  assert.equal((await poller.get()).status, 400);
});

check("a cancelled poll ends the session", async () => {
  const poller = await open();
  const controller = new AbortController();
  poller.get({ signal: controller.signal }).catch(() => {});
  await sleep(100);
  controller.abort();
  for (let tries = 0; ; tries += 1) {
    const { status, text } = await poller.get();
    if (status === 400) break;
    assert.ok(tries < 1, `still alive: ${text}`);
  }
});

check("polling pings and takes pongs, and a surplus pong is harmless", async () => {
  const poller = await open();
  await poller.post("3");
  for (let round = 0; round < 3; round += 1) {
    assert.deepEqual(await poller.get(), { status: 200, text: "2" });
    assert.deepEqual(await poller.post("3\x1e3"), { status: 200, text: "ok" });
  }
});

check("a polling session without pongs ends in time, to the millisecond", async () => {
  const polled = await open();
  await sleep(PING_INTERVAL + PING_TIMEOUT);
  assert.equal((await polled.get()).status, 400);
  const pushed = await open();
  await sleep(PING_INTERVAL + PING_TIMEOUT);
  assert.equal((await pushed.post("3")).status, 400);
});

check("WebSocket pings and takes pongs", async () => {
  const wire = new Wire(PATH);
  await wire.next();
  for (let round = 0; round < 3; round += 1) {
    assert.equal(await wire.next(), "2");
    wire.send("3");
  }
  wire.end();
});

check("a WebSocket without pongs is closed in time", async () => {
  const wire = new Wire(PATH);
  await wire.next();
  const start = Date.now();
  await wire.closed();
  const late = Date.now() - start - PING_INTERVAL - PING_TIMEOUT;
  assert.ok(late > -50 && late < 1000, `${late} ms late`);
});

check("the client's close over polling releases its poll and forgets the session", async () => {
  for (let round = 0; round < 10; round += 1) {
    const poller = await open();
    const [poll, push] = await Promise.all([poller.get(), poller.post("1")]);
    assert.deepEqual(poll, { status: 200, text: "6" });
    assert.equal(push.status, 200);
    assert.equal((await poller.get()).status, 400);
  }
});

check("the client's close over WebSocket closes it", async () => {
  const wire = new Wire(PATH);
  await wire.next();
  wire.send("1");
  await wire.closed();
});

check("the upgrade releases every poll until it is complete", async () => {
  const poller = await open();
  const wire = new Wire(PATH, { sid: poller.sid });
  await wire.open();
  wire.send("2probe");
  assert.equal(await wire.next(), "3probe");
  for (let round = 0; round < 3; round += 1) {
    let poll = await poller.get();
    if (poll.text === "2") {
      await poller.post("3");
      poll = await poller.get();
    }
    assert.deepEqual(poll, { status: 200, text: "6" });
  }
  wire.send("5");
  if (echoes) {
    wire.send("4hello");
    assert.deepEqual(await wire.some(1), ["4hello"]);
  } else {
    wire.send("40");
    assert.match((await wire.some(1))[0], /^40/);
  }
  wire.end();
});

check("after the upgrade HTTP is refused and the WebSocket lives", async () => {
  for (let round = 0; round < 5; round += 1) {
    const poller = await open();
    const wire = new Wire(PATH, { sid: poller.sid });
    await wire.open();
    wire.send("2probe", "5");
    assert.equal((await poller.get()).status, 400);
    assert.equal((await poller.post("4a")).status, 400);
    assert.deepEqual(await wire.some(1), ["3probe"]);
    wire.send("1");
    await wire.closed();
  }
});

check("a second WebSocket is closed and the first one lives", async () => {
  for (const born of ["polling", "websocket"]) {
    let sid, first;
    if (born === "polling") {
      ({ sid } = await open());
      first = new Wire(PATH, { sid });
      await first.open();
      first.send("2probe", "5");
      assert.equal((await first.some(1))[0], "3probe");
    } else {
      first = new Wire(PATH);
      ({ sid } = JSON.parse((await first.next()).slice(1)));
    }
    const second = new Wire(PATH, { sid });
    await second.open();
    second.send("2probe", "5");
    await second.closed();
    assert.deepEqual(second.buffered.message, []);
    first.send("40");
    assert.match((await first.some(1))[0], /^40/);
    first.end();
  }
});

check("a false start of the upgrade harms nobody, and the next one works", async () => {
  for (const start of [["5"], ["4hello"], ["2"], ["2probe", "4x"], [Uint8Array.from([1])]]) {
    const poller = await open();
    const wrong = new Wire(PATH, { sid: poller.sid });
    await wrong.open();
    wrong.send(...start);
    await wrong.closed();
    assert.equal((await poller.post("3")).status, 200);
    const right = new Wire(PATH, { sid: poller.sid });
    await right.open();
    right.send("2probe", "5", "40");
    assert.equal((await right.some(1))[0], "3probe");
    assert.match((await right.some(1))[0], /^40/);
    right.end();
  }
});

check("a session that ends in the very moment of its upgrade ends", async () => {
  for (const end of [["1"], ["abc"], ["4abc", "1"]]) {
    const poller = await open();
    const wire = new Wire(PATH, { sid: poller.sid });
    await wire.open();
    wire.send("2probe", "5", ...end);
    await wire.closed();
    assert.equal((await poller.get()).status, 400);
  }
});

check("a probe that gives up leaves a session that polls", async () => {
  const poller = await open();
  const wire = new Wire(PATH, { sid: poller.sid });
  await wire.open();
  wire.send("2probe");
  await wire.next();
  wire.end();
  await wire.closed();
  assert.equal((await poller.get()).text, "2");
  await poller.post("3");
});

if (echoes) {
  check("nothing is lost, doubled or reordered by the upgrade", async () => {
    const poller = await open();
    const wire = new Wire(PATH, { sid: poller.sid });
    await wire.open();
    let sent = 0;
    const got = [];
    const push = () => poller.post(Array.from({ length: 7 }, () => `4${sent++}`).join("\x1e"));
    const fetchSome = async () => got.push(...(await poller.get()).text.split("\x1e"));
    await push();
    wire.send("2probe");
    await wire.next();
    await push();
    await fetchSome();
    await push();
    wire.send("5");
    for (let more = 0; more < 10; more += 1) wire.send(`4${sent++}`);
    const wanted = Array.from({ length: sent }, (_, index) => `4${index}`);
    while (got.filter((packet) => packet !== "6").length < sent) got.push(...(await wire.some(1)));
    assert.deepEqual(got.filter((packet) => packet !== "6"), wanted);
    wire.end();
  });
}

run(`Engine.IO on ${PATH}`);
