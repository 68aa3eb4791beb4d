// Socket.IO v5: every rule that the official protocol suite asks for, and those that other servers were caught by.
import { Poller, STRICT, Wire, assert, check, run, sleep } from "./harness.mjs";

const PATH = "/socket.io/";

// Connected to the root namespace, the greeting heard. Waits for one message after the other, as the official suite does.
async function join() {
  const wire = new Wire(PATH, {}, { strict: STRICT });
  await wire.next();
  wire.send("40");
  assert.match(await wire.next(), /^40\{/);
  assert.equal(await wire.next(), '42["auth",{}]');
  wire.strict = false;
  return wire;
}

for (const [sent, prefix, greeting] of [
  ["40", "40", '42["auth",{}]'],
  ['40{"token":"123"}', "40", '42["auth",{"token":"123"}]'],
  ["40/custom,", "40/custom,", '42/custom,["auth",{}]'],
  ["40/custom", "40/custom,", '42/custom,["auth",{}]'],
  ['40/custom,{"token":"abc"}', "40/custom,", '42/custom,["auth",{"token":"abc"}]'],
]) {
  check(`${sent} is answered with a sid alone, and then the greeting`, async () => {
    const wire = new Wire(PATH, {}, { strict: STRICT });
    await wire.next();
    wire.send(sent);
    const answer = await wire.next();
    assert.ok(answer.startsWith(prefix));
    assert.deepEqual(Object.keys(JSON.parse(answer.slice(prefix.length))), ["sid"]);
    assert.equal(await wire.next(), greeting);
    wire.end();
  });
}

check("an unknown namespace is refused and the others live", async () => {
  const wire = await join();
  wire.send("40/random");
  assert.deepEqual(await wire.some(1), ['44/random,{"message":"Invalid namespace"}']);
  wire.send('42["message",1]');
  assert.deepEqual(await wire.some(1), ['42["message-back",1]']);
  wire.end();
});

check("the two ids are different", async () => {
  const wire = new Wire(PATH);
  const { sid } = JSON.parse((await wire.next()).slice(1));
  wire.send("40");
  assert.notEqual(JSON.parse((await wire.next()).slice(2)).sid, sid);
  wire.end();
});

for (const text of ["4abc", "4", "42", '42["message"]', "43[]", "41x", "4é", '40"x"', "40[]", "44{}", "47"]) {
  check(`${text} before CONNECT closes the connection`, async () => {
    const wire = new Wire(PATH);
    await wire.next();
    wire.send(text);
    await wire.closed();
  });
}

check("who joins nothing is closed", async () => {
  const wire = new Wire(PATH);
  await wire.closed();
});

check("leaving the root namespace keeps the transport, and one may come again", async () => {
  const wire = await join();
  wire.send("41");
  assert.equal(await wire.next(), "2");
  wire.send("3", "40");
  assert.match((await wire.some(1))[0], /^40/);
  wire.end();
});

check("leaving one namespace leaves the other", async () => {
  const wire = await join();
  wire.send("40/custom");
  await wire.some(2);
  wire.send("41/custom", '42["message","message to main namespace"]');
  assert.deepEqual(await wire.some(1), ['42["message-back","message to main namespace"]']);
  wire.send('42/custom,["message",1]');
  await wire.closed();
});

check("a second CONNECT closes the connection", async () => {
  const wire = await join();
  wire.send("40");
  await wire.closed();
});

for (const [sent, answer] of [
  ['42["message",1,"2",{"3":[true]}]', '42["message-back",1,"2",{"3":[true]}]'],
  ['42["message"]', '42["message-back"]'],
  ['42["m\\u0065ssage","caf\\u00e9"]', '42["message-back","caf\\u00e9"]'],
  ['42456["message-with-ack",1,"2",{"3":[false]}]', '43456[1,"2",{"3":[false]}]'],
  ['420["echo"]', "430[]"],
  ['429007199254740991["echo",[]]', "439007199254740991[[]]"],
]) {
  check(`${sent} → ${answer}`, async () => {
    const wire = await join();
    wire.send(sent);
    assert.deepEqual(await wire.some(1), [answer]);
    wire.end();
  });
}

for (const [sent, answer] of [
  ['452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'],
  ['452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', '462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'],
  ['452-["binary",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]', '452-["binary-back",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]'],
]) {
  check(`binary ${sent}`, async () => {
    const wire = await join();
    const [one, two] = [Uint8Array.from([1, 2, 3]), Uint8Array.from([4, 5, 6])];
    wire.send(sent, one, two);
    const [head, first, second] = await wire.some(3);
    assert.equal(head, answer);
    assert.deepEqual([new Uint8Array(first), new Uint8Array(second)], [one, two]);
    wire.end();
  });
}

check("binary over polling, its parts in several posts", async () => {
  const poller = await Poller.open(PATH);
  const heard = [];
  const until = async (count) => {
    while (heard.length < count) {
      for (const packet of (await poller.get()).text.split("\x1e")) {
        if (packet === "2") await poller.post("3");
        else heard.push(packet);
      }
    }
  };
  await poller.post("40");
  await until(2);
  await poller.post('451-["binary",{"_placeholder":true,"num":0}]');
  await poller.post("bAQID");
  await until(4);
  assert.deepEqual(heard.slice(2), ['451-["binary-back",{"_placeholder":true,"num":0}]', "bAQID"]);
});

for (const messages of [
  ["4abc"],
  ["42{}"],
  ['42abc["message-with-ack",1]'],
  ['42["connect"]'],
  ['42-1["echo"]'],
  ['4211111111111111111["echo"]'],
  ['42["message"]]'],
  ['42/custom,["message"]'],
  ['451-["binary",{"_placeholder":true,"num":0}]', '42["message"]'],
  ['451-["binary",{"_placeholder":true,"num":1}]'],
  ['4511-["binary"]'],
  [Uint8Array.from([1])],
  ["2"],
]) {
  check(`${messages.join(" then ")} closes the connection`, async () => {
    const wire = await join();
    wire.send(...messages);
    await wire.closed();
  });
}

check("what nobody waits for is ignored", async () => {
  const wire = await join();
  wire.send("4399[1]", '42["unknown-event"]', '42["message",1]');
  assert.deepEqual(await wire.some(1), ['42["message-back",1]']);
  wire.end();
});

check("a burst comes in order", async () => {
  const wire = await join();
  wire.send('42["burst",5000]');
  const ticks = await wire.some(5000);
  ticks.forEach((tick, index) => assert.equal(tick, `42["tick",${index}]`));
  wire.end();
});

check("a kick out of the namespace is said, and the transport closes after it", async () => {
  const wire = await join();
  wire.send('42["kick","namespace"]');
  assert.deepEqual(await wire.some(1), ["41"]);
  await wire.closed();
});

check("a kick off the transport is told to the next poll", async () => {
  const poller = await Poller.open(PATH);
  await poller.post("40");
  let heard = "";
  while (!heard.includes("auth")) heard += (await poller.get()).text;
  await poller.post('42["kick","transport"]');
  assert.deepEqual(await poller.get(), { status: 200, text: "1" });
  assert.equal((await poller.get()).status, 400);
});

check("a malformed packet over polling is told to the next poll", async () => {
  const poller = await Poller.open(PATH);
  assert.equal((await poller.post("4abc")).status, 200);
  await sleep(10);
  assert.deepEqual(await poller.post("40"), { status: 200, text: "ok" });
  assert.deepEqual(await poller.get(), { status: 200, text: "1" });
});

run("Socket.IO");
