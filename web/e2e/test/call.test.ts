import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from "vitest";
import { type Browser, chromium, firefox } from "../src/browser.js";
import { type Server, startServer } from "../src/server.js";
import { type Attendee, Visit } from "../src/visit.js";

let server: Server;
const browsers = {} as Record<"chromium" | "firefox", Browser>;
let visit: Visit;

beforeAll(async () => {
  [server, browsers.chromium, browsers.firefox] = await Promise.all([startServer(), chromium(), firefox()]);
});
afterAll(async () => {
  await Promise.all([browsers.chromium?.close(), browsers.firefox?.close(), server?.stop()]);
});

describe.each([
  ["chromium", "chromium"],
  ["chromium", "firefox"],
  ["firefox", "chromium"],
] as const)("a doctor in %s and a patient in %s", (doctors, patients) => {
  let doctor: Attendee;
  let patient: Attendee;

  beforeAll(async () => {
    visit = await Visit.begin(server);
    const opened = Date.now();
    ({ doctor, patient } = await visit.meets(browsers[doctors], browsers[patients]));
    const first = Math.round(await patient.firstFrameMs());
    console.log(`${doctors} ↔ ${patients}: first frame ${first} ms after the patient's page was opened (test ${Date.now() - opened} ms)`);
  });
  beforeEach(() => onTestFailed(() => console.log(visit.complaints().join("\n"))));
  afterAll(() => visit.ends());

  test("meet over one connection", async () => {
    expect([await doctor.connections(), await patient.connections()]).toEqual([1, 1]);
  });

  test("know whether the other's microphone and camera are on", async () => {
    await doctor.peer({ connection: "connected", media: { audio: true, video: true, screen: false } });
    await patient.tab.run(() => window.visit.call.setAudio(false));
    await doctor.peer({ media: { audio: false, video: true } });
    await patient.tab.run(() => window.visit.call.setVideo(false));
    await doctor.peer({ media: { audio: false, video: false } });
    await patient.tab.until(() => window.visit.call.state.get().local.stream?.getVideoTracks().length === 0);
    await patient.tab.run(() => window.visit.call.setVideo(true));
    await patient.tab.run(() => window.visit.call.setAudio(true));
    await doctor.peer({ media: { audio: true, video: true } });
    await doctor.seesAndHears();
    expect([await doctor.connections(), await patient.connections()]).toEqual([1, 1]);
  });

  test("see the doctor's screen as long as it is shared", async () => {
    await doctor.tab.run(() => window.visit.call.shareScreen());
    await patient.seesScreen();
    await patient.peer({ media: { audio: true, video: true, screen: true } });
    await doctor.tab.run(() => window.visit.call.stopScreen());
    await patient.tab.until(() => window.visit.call.state.get().peers[0]?.screen === null);
    await patient.seesAndHears();
    await doctor.tab.run(() => window.visit.call.shareScreen());
    await patient.seesScreen();
    await doctor.tab.run(() => window.visit.call.stopScreen());
    expect([await doctor.connections(), await patient.connections()]).toEqual([1, 1]);
  });

  test("may both share their screens at the same moment", async () => {
    const share = (one: Attendee): Promise<void> => one.tab.run(() => window.visit.call.shareScreen());
    await Promise.all([share(doctor), share(patient)]);
    await Promise.all([doctor.seesScreen(), patient.seesScreen()]);
    for (const one of [doctor, patient]) await one.tab.run(() => window.visit.call.stopScreen());
    for (const one of [doctor, patient]) {
      await one.tab.until(() => window.visit.call.state.get().peers[0]?.screen === null);
    }
    await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  });

  test("are told how good the connection is", async () => {
    for (const one of [doctor, patient]) {
      const stats = await one.tab.until(() => {
        const peer = window.visit.call.state.get().peers[0];
        return peer?.quality !== "unknown" && peer?.stats?.bitrateKbps && peer.stats;
      });
      expect(stats).toMatchObject({ candidateType: expect.stringMatching(/host|prflx/), bitrateKbps: expect.any(Number) });
    }
  });

  test.each(["patient", "doctor"] as const)("meet again when the %s loads the page anew", async (who) => {
    const [reloading, other] = who === "doctor" ? [doctor, patient] : [patient, doctor];
    const peerId = await other.tab.run(() => window.visit.call.state.get().peers[0]?.peerId);
    await reloading.tab.reload();
    const [first] = await Promise.all([reloading.firstFrameMs(), reloading.seesAndHears()]);
    await other.seesAndHears();
    await other.peer({ away: false, connection: "connected" });
    const browser = who === "doctor" ? doctors : patients;
    console.log(`${doctors} ↔ ${patients}: picture back ${Math.round(first)} ms after the ${who} (${browser}) reloaded`);
    expect(await other.tab.run(() => window.visit.call.state.get().peers.map((peer) => peer.peerId))).toEqual([peerId]);
    expect(await other.tab.run(() => window.visit.statuses.at(-1))).toBe("joined");
  });

  test("find each other again when both load the page anew at the same moment", async () => {
    await Promise.all([doctor.tab.reload(), patient.tab.reload()]);
    await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  });

  test("go on while the server is killed, and signal again when it is back", async () => {
    const before = [await doctor.connections(), await patient.connections()];
    await server.kill();
    await Promise.all([doctor.isConnected(false), patient.isConnected(false)]);
    await Promise.all([doctor.seesAndHears({ frames: 30 }), patient.seesAndHears({ frames: 30 })]);
    await server.start();
    await Promise.all([doctor.isConnected(true), patient.isConnected(true)]);
    await Promise.all([doctor.peer({ away: false }), patient.peer({ away: false })]);
    await patient.tab.run(() => window.visit.call.shareScreen());
    await doctor.seesScreen();
    await patient.tab.run(() => window.visit.call.stopScreen());
    await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
    expect([await doctor.connections(), await patient.connections()]).toEqual(before);
  });

  test("find each other again when both load the page anew while the server is away", async () => {
    await server.kill();
    await Promise.all([doctor.tab.reload(), patient.tab.reload()]);
    await server.start();
    await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  });
});
