// A whole visit with the stock JavaScript client, unmodified: doctor and patient, one connection each.
//
// BASE=http://127.0.0.1:4000 ROOM=… DOCTOR=<token> PATIENT=<token> [TRANSPORTS=polling,websocket] node visit.mjs
import assert from "node:assert/strict";
import { io } from "socket.io-client";
import { ANSWER, CANDIDATE, OFFER } from "./signals.mjs";

const { BASE, ROOM: roomId, DOCTOR, PATIENT } = process.env;
const transports = (process.env.TRANSPORTS ?? "websocket").split(",");
const PATIENCE_MS = 10_000;

setTimeout(() => {
  console.error("the visit did not end in time");
  process.exit(1);
}, 4 * PATIENCE_MS).unref();

/** One client: what it hears is kept until it is asked for. */
class Person {
  constructor(token) {
    this.heard = [];
    this.listeners = [];
    this.connections = 0;
    this.socket = io(BASE, { auth: { token }, transports, forceNew: true });
    this.socket.io.on("open", () => (this.connections += 1));
    this.socket.on("connect_error", (error) => {
      console.error("refused:", error.message, error.data);
      process.exit(1);
    });
    this.socket.onAny((event, data) => {
      this.heard.push({ event, data });
      this.listeners.splice(0).forEach((look) => look());
    });
  }

  /** The next event of this name that was not asked for before. */
  async hears(event) {
    for (;;) {
      const index = this.heard.findIndex((heard) => heard.event === event);
      if (index >= 0) return this.heard.splice(index, 1)[0].data;
      const news = new Promise((resolve) => this.listeners.push(resolve));
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`${event} was not heard`)), PATIENCE_MS).unref());
      await Promise.race([news, late]);
    }
  }

  /** Ask for something and get the answer; a refusal throws. */
  async ask(event, data) {
    const answer = await this.socket.timeout(PATIENCE_MS).emitWithAck(event, data);
    if (answer.error) throw Object.assign(new Error(`${event}: ${JSON.stringify(answer.error)}`), answer.error);
    return answer;
  }

  async enters() {
    const ready = await this.hears("session:ready");
    assert.equal(ready.resumed, false);
    // An upgrade goes on beside the first events.
    while (this.socket.io.engine.transport.name !== transports.at(-1)) {
      await new Promise((resolve) => this.socket.io.engine.once("upgrade", resolve));
    }
    this.engine = this.socket.io.engine;
    this.id = this.engine.id;
    return ready.user.id;
  }

  /** It has needed one connection for everything, and one namespace on it. */
  neededOneConnection() {
    assert.equal(this.connections, 1);
    assert.equal(this.socket.io.engine, this.engine);
    assert.equal(this.socket.io.engine.id, this.id);
    assert.deepEqual(Object.keys(this.socket.io.nsps), ["/"]);
    assert.equal(this.socket.connected, true);
    assert.equal(this.engine.transport.name, transports.at(-1));
  }
}

const doctor = new Person(DOCTOR);
const patient = new Person(PATIENT);
await doctor.enters();
const patientId = await patient.enters();

// The patient waits until the doctor lets them in.
assert.deepEqual(await patient.ask("webrtc:join_room", { roomId }), { state: "waiting", position: 1 });
assert.equal((await doctor.hears("consultation:waiting")).user.id, patientId);
await assert.rejects(patient.ask("consultation:admit", { roomId, userId: patientId }), { code: "forbidden" });
const doctorJoined = await doctor.ask("webrtc:join_room", { roomId, media: { audio: true, video: true } });
assert.equal(doctorJoined.state, "joined");
await doctor.ask("consultation:admit", { roomId, userId: patientId });
await patient.hears("consultation:admitted");
const patientJoined = await patient.ask("webrtc:join_room", { roomId });
assert.deepEqual(patientJoined.peers.map((peer) => peer.peerId), [doctorJoined.peerId]);
const { peer } = await doctor.hears("webrtc:peer_joined");
assert.equal(peer.peerId, patientJoined.peerId);
assert.notEqual(peer.polite, patientJoined.peers[0].polite);
await doctor.hears("consultation:started");

// Signals pass as they are; only the envelope is the server's.
const { negotiation } = await doctor.ask("webrtc:offer", { roomId, sdp: { type: "offer", sdp: OFFER } });
assert.deepEqual(await patient.hears("webrtc:offer"), { roomId, from: doctorJoined.peerId, sdp: OFFER, negotiation });
await patient.ask("webrtc:answer", { roomId, to: doctorJoined.peerId, sdp: ANSWER, negotiation });
assert.deepEqual(await doctor.hears("webrtc:answer"), { roomId, from: patientJoined.peerId, sdp: ANSWER, negotiation });
for (const candidate of [CANDIDATE, null]) {
  doctor.socket.emit("webrtc:ice_candidate", { roomId, candidate, negotiation });
  assert.deepEqual(await patient.hears("webrtc:ice_candidate"), { roomId, from: doctorJoined.peerId, candidate, negotiation });
}

// Chat beside the call, with receipts.
await doctor.ask("chat:join_room", { roomId });
const joined = await patient.ask("chat:join_room", { roomId });
assert.equal(joined.complete, true);
patient.socket.emit("chat:typing", { roomId });
assert.equal((await doctor.hears("chat:typing")).userId, patientId);
const ask = { roomId, clientMessageId: "one", content: "Can you hear me? ü 😀" };
const sent = await patient.ask("chat:send_message", ask);
assert.equal(sent.duplicate, false);
assert.deepEqual(await doctor.hears("chat:message"), sent.message);
assert.equal((await patient.ask("chat:send_message", ask)).duplicate, true);
const { seq } = sent.message;
await doctor.ask("chat:mark_delivered", { roomId, seq });
assert.equal((await patient.hears("chat:delivered")).upToSeq, seq);
await doctor.ask("chat:mark_seen", { roomId, seq });
assert.equal((await patient.hears("chat:seen")).upToSeq, seq);

// The doctor ends the visit: both hear it, their sockets and the history stay.
assert.equal((await doctor.ask("consultation:end", { roomId })).consultation.status, "completed");
await patient.hears("consultation:ended");
assert.equal((await patient.hears("webrtc:peer_left")).reason, "ended");
await assert.rejects(patient.ask("chat:send_message", { roomId, content: "Thanks" }), { code: "ended" });
const history = await patient.ask("chat:history", { roomId });
assert.deepEqual(history.events.map((event) => event.kind).sort(), ["admitted", "ended", "message", "started"]);

for (const person of [doctor, patient]) {
  person.neededOneConnection();
  person.socket.disconnect();
}
