// A client of before, with the old names and payload spellings, on compat.legacy_event_names.
//
// BASE=http://127.0.0.1:4000 ROOM=… DOCTOR=<token> PATIENT=<token> node legacy.mjs
import assert from "node:assert/strict";
import { io } from "socket.io-client";
import { ANSWER, CANDIDATE, OFFER } from "./signals.mjs";

const { BASE, ROOM: room, DOCTOR, PATIENT } = process.env;
const PATIENCE_MS = 10_000;
const connect = (token) => io(BASE, { auth: { token }, transports: ["websocket"], forceNew: true });
const hears = (socket, event) =>
  new Promise((resolve, reject) => {
    socket.once(event, resolve);
    setTimeout(() => reject(new Error(`${event} was not heard`)), PATIENCE_MS).unref();
  });

async function ask(socket, event, data) {
  const answer = await socket.timeout(PATIENCE_MS).emitWithAck(event, data);
  assert.equal(answer.error, undefined, JSON.stringify(answer));
  return answer;
}

const [doctor, patient] = [connect(DOCTOR), connect(PATIENT)];
await Promise.all([hears(doctor, "session:ready"), hears(patient, "session:ready")]);

await ask(doctor, "identify_as_doctor", {});
assert.equal((await ask(doctor, "join_consultation_room", room)).state, "joined");
assert.equal((await ask(patient, "join_consultation_room", { consultationId: room })).state, "joined");

let heard = hears(patient, "webrtc_offer");
await ask(doctor, "webrtc_offer", { consultationId: room, offer: { type: "offer", sdp: OFFER } });
assert.equal((await heard).sdp, OFFER);
heard = hears(doctor, "webrtc_answer");
await ask(patient, "webrtc_answer", { consultationId: room, answer: { type: "answer", sdp: ANSWER } });
assert.equal((await heard).sdp, ANSWER);
heard = hears(patient, "webrtc_ice_candidate");
doctor.emit("webrtc_ice_candidate", { consultationId: room, candidate: CANDIDATE });
assert.deepEqual((await heard).candidate, CANDIDATE);

await ask(doctor, "join_room", room);
await ask(patient, "join_room", { chatId: room });
heard = hears(doctor, "typing");
patient.emit("typing", { chatId: room });
await heard;
heard = hears(doctor, "chat:message");
const { message } = await ask(patient, "send_message", { conversationId: room, message: "Good morning" });
assert.equal((await heard).content, "Good morning");
await ask(doctor, "mark_seen", { chatId: room, seq: message.seq });
await ask(patient, "leave_room", room);

for (const socket of [doctor, patient]) socket.disconnect();
