import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";
import { type Browser, chromium } from "../src/browser.js";
import { type Server, startServer } from "../src/server.js";
import { Visit } from "../src/visit.js";

let server: Server;
let browser: Browser;
let refusing: Browser;
let visit: Visit;

beforeAll(async () => {
  [server, browser, refusing] = await Promise.all([startServer(), chromium(), chromium({ refuses: true })]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), refusing?.close(), server?.stop()]);
});
beforeEach(async () => {
  onTestFailed(() => console.log(visit.complaints().join("\n")));
  visit = await Visit.begin(server);
});
afterEach(() => visit.ends());

test("before the call one sees oneself, and sees that one is heard", async () => {
  const patient = await visit.comes(visit.patient, browser, { joins: false });
  await patient.tab.run(() => window.visit.devices.open());
  const check = await patient.tab.run(() => {
    const { status, audio, video, problem, devices } = window.visit.devices.state.get();
    return { status, audio, video, problem, cameras: devices.videoInputs.length };
  });
  expect(check).toEqual({ status: "open", audio: true, video: true, problem: null, cameras: 3 });
  await patient.tab.until(() => window.visit.devices.level.get() > 0.2);
  await patient.tab.run(() => window.visit.devices.setAudio(false));
  expect(await patient.tab.run(() => window.visit.devices.level.get())).toBe(0);
  await patient.tab.run(() => window.visit.devices.close());
  expect(await patient.tab.run(() => window.visit.devices.state.get().stream)).toBeNull();
});

test("who may not use camera and microphone is told so, and sees and hears the other all the same", async () => {
  const doctor = await visit.comes(visit.doctor, browser);
  await doctor.is("joined");
  const patient = await visit.comes(visit.patient, refusing);
  await patient.tab.until(() => window.visit.call.state.get().local.problem !== null);
  const local = await patient.tab.run(() => {
    const { audio, video, problem } = window.visit.call.state.get().local;
    return { audio, video, problem };
  });
  expect(local).toEqual({ audio: false, video: false, problem: { kind: "blocked", device: "camera" } });
  await patient.seesAndHears();
  await doctor.peer({ connection: "connected", media: { audio: false, video: false } });
});

test("another camera is used without the other side doing anything, and is used again next time", async () => {
  const { doctor, patient } = await visit.meets(browser, browser);
  const label = (): Promise<string | undefined> =>
    patient.tab.run(() => window.visit.call.state.get().local.stream?.getVideoTracks()[0]?.label);
  const before = await label();
  await patient.tab.run(() => {
    const { call } = window.visit;
    const last = call.state.get().devices.videoInputs.at(-1);
    return call.useDevice("videoInput", last?.deviceId ?? "");
  });
  const after = await label();
  expect(after).not.toBe(before);
  await doctor.seesAndHears();
  await patient.tab.reload();
  await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
  expect(await label()).toBe(after);
  expect(await doctor.tab.run(() => window.visit.statuses.at(-1))).toBe("joined");
});

test("a camera that is pulled out is replaced by another one", async () => {
  const { doctor, patient } = await visit.meets(browser, browser);
  await patient.tab.run(() => {
    const [track] = window.visit.call.state.get().local.stream?.getVideoTracks() ?? [];
    track?.stop();
    // Browsers tell a page so when a device goes; nothing can be pulled out here.
    track?.dispatchEvent(new Event("ended"));
  });
  await patient.tab.until(
    () => window.visit.call.state.get().local.stream?.getVideoTracks()[0]?.readyState === "live",
  );
  await doctor.seesAndHears();
});

test("microphone and camera that were off stay off when the page is loaded anew", async () => {
  const { doctor, patient } = await visit.meets(browser, browser);
  await patient.tab.run(() => window.visit.call.setAudio(false));
  await patient.tab.run(() => window.visit.call.setVideo(false));
  await doctor.peer({ media: { audio: false, video: false } });
  await patient.tab.reload();
  await patient.is("joined");
  await patient.seesAndHears();
  await doctor.peer({ away: false, media: { audio: false, video: false } });
  expect(await patient.tab.run(() => window.visit.call.state.get().local.stream)).toBeNull();
});
