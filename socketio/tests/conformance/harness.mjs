// A few lines in place of a test framework: named checks, run in their order, each with a time limit.
import assert from "node:assert/strict";
import WebSocket from "ws";

export { assert };
export const BASE = process.env.BASE ?? "http://127.0.0.1:3000";
export const PING_INTERVAL = Number(process.env.PING_INTERVAL ?? 300);
export const PING_TIMEOUT = Number(process.env.PING_TIMEOUT ?? 200);
// Lose what nobody waits for, as the official Socket.IO suite does. On a busy machine that depends on luck.
export const STRICT = process.env.STRICT === "1";
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const checks = [];
export const check = (name, body) => checks.push({ name, body });

export async function run(suite) {
  let failed = 0;
  for (const { name, body } of checks) {
    const limit = sleep(10000).then(() => Promise.reject(new Error("no end after 10 s")));
    try {
      await Promise.race([body(), limit]);
    } catch (error) {
      failed += 1;
      console.error(`${suite}: ${name}\n  ${error.stack}`);
    }
    limit.catch(() => {});
  }
  console.log(`${suite}: ${checks.length - failed} of ${checks.length} passed`);
  process.exit(failed === 0 ? 0 : 1);
}

export const address = (path, query) => `${BASE}${path}?${new URLSearchParams({ EIO: "4", ...query })}`;

// Long-polling by hand.
export class Poller {
  static async open(path, options = {}) {
    const response = await fetch(address(path, { transport: "polling" }), options);
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.equal(text[0], "0");
    const poller = new Poller();
    Object.assign(poller, { path, handshake: JSON.parse(text.slice(1)) });
    poller.sid = poller.handshake.sid;
    return poller;
  }
  request(options) {
    return fetch(address(this.path, { transport: "polling", sid: this.sid }), options);
  }
  async get(options) {
    const response = await this.request(options);
    return { status: response.status, text: await response.text() };
  }
  async post(body, options = {}) {
    const response = await this.request({ method: "POST", body, ...options });
    return { status: response.status, text: await response.text() };
  }
}

// A WebSocket whose events wait until somebody asks for them. `strict` loses what nobody waits for, as a client does that
// adds its listener late.
export class Wire {
  constructor(path, query = {}, options = {}) {
    const { strict = false, ...rest } = options;
    this.strict = strict;
    this.socket = new WebSocket(address(path, { transport: "websocket", ...query }).replace("http", "ws"), rest);
    this.socket.binaryType = "arraybuffer";
    this.waiting = { open: [], message: [], close: [] };
    this.buffered = { open: [], message: [], close: [] };
    this.socket.on("error", (error) => (this.error = error));
    for (const kind of Object.keys(this.waiting)) {
      this.socket.addEventListener(kind, (event) => {
        const next = this.waiting[kind].shift();
        if (next) next(event);
        else if (!this.strict || kind !== "message") this.buffered[kind].push(event);
      });
    }
  }
  event(kind) {
    if (this.buffered[kind].length > 0) return Promise.resolve(this.buffered[kind].shift());
    return new Promise((resolve) => this.waiting[kind].push(resolve));
  }
  open() {
    return this.event("open");
  }
  async next() {
    return (await this.event("message")).data;
  }
  // The next messages but pings.
  async some(count) {
    const messages = [];
    while (messages.length < count) {
      const data = await this.next();
      if (data === "2") this.send("3");
      else messages.push(data);
    }
    return messages;
  }
  async closed() {
    return (await this.event("close")).code;
  }
  send(...messages) {
    for (const message of messages) this.socket.send(message);
  }
  end() {
    this.socket.close();
  }
}

export const isOpen = (handshake, upgrades) => {
  assert.deepEqual(Object.keys(handshake).sort(), ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"]);
  assert.equal(typeof handshake.sid, "string");
  assert.deepEqual(handshake.upgrades, upgrades);
  assert.equal(handshake.pingInterval, PING_INTERVAL);
  assert.equal(handshake.pingTimeout, PING_TIMEOUT);
  assert.equal(handshake.maxPayload, 1000000);
};

export const refused = async (query, options, status, code, path) => {
  const response = await fetch(`${BASE}${path}?${query}`, options);
  assert.equal(response.status, status, query);
  const body = await response.json();
  assert.equal(body.code, code, query);
  assert.equal(typeof body.message, "string");
};
