import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RecordingDetails } from "@bedside/client";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";
import { type Browser, chromium, firefox } from "../src/browser.js";
import { played } from "../src/played.js";
import { sendsAs } from "../src/codec.js";
import { type Server, startServer } from "../src/server.js";
import { type Attendee, Visit } from "../src/visit.js";
import { watch } from "../src/watch.js";

const RECORDING = {
  BEDSIDE_RECORDING__ENABLED: "true",
  // Firefox sends nothing to the loopback.
  BEDSIDE_RECORDING__BIND: ownAddress(),
  BEDSIDE_RECORDING__UDP_PORT: "0",
};
/** Long enough for sender reports, for several clusters, and for a place in the middle to go to. */
const RECORDED_MS = 8_000;

let server: Server;
const browsers = {} as Record<"chromium" | "firefox", Browser>;
let visit: Visit;
let folder: string;

beforeAll(async () => {
  [server, browsers.chromium, browsers.firefox] = await Promise.all([
    startServer(RECORDING),
    chromium(),
    firefox(),
  ]);
});
afterAll(async () => {
  await Promise.all([browsers.chromium?.close(), browsers.firefox?.close(), server?.stop()]);
});
beforeEach(async () => {
  onTestFailed(() => console.log(visit.complaints().join("\n")));
  folder = await mkdtemp(join(tmpdir(), "bedside-recorded-"));
  visit = await Visit.begin(server);
});
afterEach(async () => {
  await visit.ends();
  await rm(folder, { recursive: true, force: true });
});

/** Where this machine is reached in its network. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.find((it) => it?.family === "IPv4" && !it.internal)?.address ?? "127.0.0.1";
}

/** Both agree to be recorded, and are for a while. */
async function record(doctor: Attendee, patient: Attendee): Promise<RecordingDetails> {
  await doctor.tab.run(() => void window.visit.bedside.recording(window.visit.call.roomId).start());
  for (const { tab } of [doctor, patient]) {
    await tab.until(
      () => window.visit.bedside.recording(window.visit.call.roomId).state.get().question !== null,
    );
    await tab.run(() => window.visit.bedside.recording(window.visit.call.roomId).give());
  }
  for (const { tab } of [doctor, patient]) {
    await tab.until(() => window.visit.bedside.recording(window.visit.call.roomId).state.get().isRecorded);
  }
  for (const { tab } of [doctor, patient]) {
    await tab.until((ms) => window.watched.recorded.soundMs >= ms && window.watched.recorded.pictures > 0, RECORDED_MS);
  }
  await doctor.tab.run(() =>
    window.visit.bedside
      .recording(window.visit.call.roomId)
      .stop()
      .then(() => undefined),
  );
  const id = await doctor.tab.until(() => {
    const { recording } = window.visit.bedside.recording(window.visit.call.roomId).state.get();
    return recording?.state === "ready" && recording.id;
  });
  return server.rest<RecordingDetails>(visit.doctor, "GET", `/api/v1/recordings/${String(id)}`);
}

/** What somebody sent can be played and sought in, and decodes without a complaint. */
async function isGood(details: RecordingDetails, userId: string, codec: string): Promise<void> {
  const token = await server.token(visit.doctor);
  // A picture may change its size, and with it the file.
  const files = details.files.filter((file) => file.userId === userId);
  expect(files.length).toBeGreaterThan(0);
  let recordedS = 0;
  for (const file of files) {
    expect(file.codecs.map((each) => each.toLowerCase())).toEqual(expect.arrayContaining([codec, "opus"]));
    const answer = await fetch(server.url + file.url, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    const path = join(folder, file.contentType.includes("matroska") ? "leg.mkv" : "leg.webm");
    await writeFile(path, Buffer.from(await answer.arrayBuffer()));
    const decoding = await promisify(execFile)("ffmpeg", [
      "-v",
      "warning",
      "-nostdin",
      "-i",
      path,
      "-enc_time_base",
      "-1",
      "-f",
      "null",
      "-",
    ]);
    expect(decoding.stderr).toBe("");
    const shown = await played(browsers.chromium, server.url, token, details.id, file);
    console.log(`${codec}: ${JSON.stringify(shown)}`);
    expect(Math.abs(shown.durationS - file.durationMs / 1_000)).toBeLessThan(0.2);
    expect(Math.abs(shown.soughtToS - shown.durationS / 2)).toBeLessThan(0.1);
    expect(shown.endedAtS).toBeGreaterThan(shown.durationS - 0.3);
    expect(shown.frames).toBeGreaterThan(0);
    recordedS += shown.durationS;
  }
  expect(recordedS).toBeGreaterThan(RECORDED_MS / 2_000);
}

test.each([
  ["vp8", "vp9"],
  ["h264", "av1"],
] as const)(
  "Chromium that sends %s, and Chromium that sends %s, are recorded as they are",
  async (doctors, patients) => {
    const doctor = await visit.comes(visit.doctor, browsers.chromium, { before: [watch, sendsAs(doctors)] });
    await doctor.is("joined");
    const patient = await visit.comes(visit.patient, browsers.chromium, { before: [watch, sendsAs(patients)] });
    await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
    const details = await record(doctor, patient);
    await isGood(details, visit.doctor.id, doctors);
    await isGood(details, visit.patient.id, patients);
  },
);

test("Firefox is recorded beside Chromium", async () => {
  const doctor = await visit.comes(visit.doctor, browsers.chromium, { before: [watch] });
  await doctor.is("joined");
  const patient = await visit.comes(visit.patient, browsers.firefox, { before: [watch] });
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  const details = await record(doctor, patient);
  await isGood(details, visit.doctor.id, "vp8");
  await isGood(details, visit.patient.id, "vp8");
});
