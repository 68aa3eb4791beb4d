// A helper in the chat of a visit, on the stock Socket.IO client: it accepts an invitation link, greets whoever
// comes, and answers "time" and "help".
//
//     npm install && npm start -- 'http://127.0.0.1:4000/join#token=…'
import { io } from "socket.io-client";

const ANSWER_TIMEOUT_MS = 10_000;

const link = process.argv[2];
if (!link) {
  console.error("usage: npm start -- '<invitation link>'");
  process.exit(2);
}

/** Ends the program with a line that says why. */
function giveUp(why) {
  console.error(`the bot goes: ${why}`);
  process.exit(1);
}

const { origin, hash } = new URL(link);
const response = await fetch(`${origin}/api/v1/invitations/accept`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ token: hash.replace("#token=", "") }),
});
const wayIn = await response.json();
if (!response.ok) giveUp(`${wayIn.code}: ${wayIn.detail}`);
const { accessToken: token, consultationId: roomId, user } = wayIn;

const socket = io(origin, { auth: { token } });

/** Asks the server; a refusal throws. */
async function ask(event, data) {
  const answer = await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(event, { roomId, ...data });
  if (answer.error) throw new Error(`${event}: ${answer.error.code}: ${answer.error.message}`);
  return answer;
}

/** Says something once: a retry with the same name is the same message. */
const say = (content, clientMessageId) => ask("chat:send_message", { content, clientMessageId });

const replies = {
  help: () => "I know the words “time” and “help”.",
  time: () => `It is ${new Date().toISOString().slice(11, 16)} UTC.`,
};

/** Whom the bot has greeted, and how far it has read: what is missed while away is read on the way back. */
const greeted = new Set([user.id]);
let readUpTo = 0;

async function read({ seq, id, senderId, content }) {
  if (seq <= readUpTo) return;
  readUpTo = seq;
  const reply = senderId !== user.id && replies[content?.trim().toLowerCase()];
  if (reply) await say(reply(), `reply-to-${id}`);
}

async function greet({ userId, name }) {
  if (greeted.has(userId)) return;
  greeted.add(userId);
  await say(`Hello ${name ?? "and welcome"}. Write “help” to see what I can do.`, `greeting-${userId}`);
}

async function enter() {
  const { room, members, events, lastSeq } = await ask("chat:join_room", readUpTo ? { afterSeq: readUpTo } : {});
  console.log(`in the chat of ${room.id}, which is ${room.status}`);
  if (readUpTo) for (const event of events) if (event.kind === "message") await read(event.message);
  readUpTo = Math.max(readUpTo, lastSeq);
  for (const member of members.filter((member) => member.online)) await greet(member);
}

/** The chat is open to a guest from the moment they are let in. */
async function knock() {
  const { state } = await ask("webrtc:join_room", { media: { audio: false, video: false } });
  if (state === "waiting") return console.log("waiting to be let in");
  // It takes part in the chat alone.
  await ask("webrtc:leave_room");
  await enter();
}

const attempt = (verb) => verb.catch((error) => giveUp(error.message));
socket.on("session:ready", ({ resumed }) => resumed || attempt(knock()));
socket.on("consultation:admitted", () => attempt(knock()));
socket.on("consultation:denied", () => giveUp("it was not let in"));
socket.on("chat:message", (message) => attempt(read(message)));
socket.on("chat:member_joined", ({ member }) => attempt(greet(member)));
socket.on("session:closing", ({ message, action }) => action === "stop" && giveUp(message));
socket.on("connect_error", (error) => socket.active || giveUp(error.data?.code ?? error.message));
socket.on("consultation:ended", () => {
  console.log("the visit is over");
  socket.disconnect();
});
