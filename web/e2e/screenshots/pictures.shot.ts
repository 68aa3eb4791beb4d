/** The pictures of docs/pictures: a visit on a laptop, its waiting room on a phone, the doctor's list, and Arabic. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Browser, chromium } from "../src/browser.js";
import { Meeting, type Somebody } from "../src/people.js";
import { type Server, startServer } from "../src/server.js";

const FOLDER = process.env["BEDSIDE_PICTURES"] ?? fileURLToPath(new URL("../../../docs/pictures/", import.meta.url));
/** As small as a laptop's window is with the chat beside the pictures. */
const LAPTOP = { width: 1120, height: 630 };
const PHONE = { width: 360, height: 720 };
/** A page of documents is not to load for longer than it is read. */
const MOST_BYTES = 150_000;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ BEDSIDE_SERVER__PAGES: inject("app") }), chromium()]);
  await mkdir(FOLDER, { recursive: true });
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

/** A camera that sees somebody, rather than the browsers' test card. */
function portray(): void {
  if (!("mediaDevices" in navigator)) return;
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const draw = (canvas: HTMLCanvasElement) => {
    const context = canvas.getContext("2d");
    if (!context) return;
    context.fillStyle = "#b7cfcb";
    context.fillRect(0, 0, 640, 480);
    for (const [colour, x, y, width, height] of [
      ["#2f5d62", 320, 500, 190, 190],
      ["#e0b090", 320, 330, 45, 70],
      ["#4a3728", 320, 205, 92, 110],
      ["#e8bd9f", 320, 225, 76, 96],
    ] as const) {
      context.fillStyle = colour;
      context.beginPath();
      context.ellipse(x, y, width, height, 0, 0, Math.PI * 2);
      context.fill();
    }
  };
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    const [track] = stream.getVideoTracks();
    if (!track) return stream;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [640, 480];
    setInterval(() => draw(canvas), 100);
    const [drawn] = canvas.captureStream(10).getVideoTracks();
    if (!drawn) return stream;
    stream.removeTrack(track);
    stream.addTrack(drawn);
    return stream;
  };
}

async function picture({ tab }: Somebody, name: string): Promise<void> {
  const path = `${FOLDER}/${name}.png`;
  await writeFile(path, await tab.picture());
  expect((await stat(path)).size, name).toBeLessThanOrEqual(MOST_BYTES);
}

test("a visit, its waiting room and the doctor's list", async () => {
  const meeting = await Meeting.begin(server, { reason: "Cough since Monday" });
  const doctor = await meeting.doctorComes(browser, { size: LAPTOP, before: [portray] });
  const patient = await meeting.patientComes(browser, { size: PHONE, before: [portray] });
  await patient.press("button", "Join the visit");
  await patient.sees("heading", "You are in the waiting room");
  await patient.plays("Your picture", { own: true });
  await picture(patient, "waiting");
  await doctor.sees("region", "Waiting now");
  await picture(doctor, "list");

  await doctor.press("link", "Open Ben");
  await doctor.press("button", "Join the visit");
  await doctor.press("button", "Let in Ben");
  await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
  await doctor.writes("Good morning, Ben. How are you today?");
  await patient.press("button", "Open chat (1 unread message)");
  await patient.writes("Better, thank you. The cough is almost gone.");
  await patient.press("button", "Close chat");
  await doctor.reads("Better, thank you.");
  await doctor.reads("Connection is good");
  await picture(doctor, "visit");
  await meeting.ends();
});

test("the same in Arabic", async () => {
  const meeting = await Meeting.begin(server, { doctorName: "د. ليلى", patientName: "سامي" });
  const doctor = await meeting.doctorComes(browser, { size: LAPTOP, language: "ar-EG", before: [portray] });
  await doctor.tab.open(`${server.url}/visit/${meeting.id}`);
  await doctor.press("button", "الدخول إلى الزيارة");
  const patient = await meeting.patientComes(browser, { language: "ar-EG", size: PHONE, before: [portray] });
  await patient.press("button", "الدخول إلى الزيارة");
  await doctor.press("button", "السماح بالدخول سامي");
  await doctor.tab.until(() => (window.watched?.flow.frames ?? 0) > 20);
  await picture(doctor, "visit-arabic");
  await meeting.ends();
});
