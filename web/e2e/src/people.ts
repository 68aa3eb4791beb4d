/** A visit through the pages for people: what doctor and patient do there, found as a screen reader finds it. */
import type { AriaRole, Browser, Profile, ProfileTerms, Tab } from "./browser.js";
import type { Consultation, Person, Server } from "./server.js";
import { watch } from "./watch.js";

/** A laptop: the chat stands beside the pictures. */
const LAPTOP = { width: 1280, height: 720 };

/** A name as it stands in a sentence: isolated from the direction of the words around it. */
export const isolated = (name: string): string => `\u2068${name}\u2069`;

let count = 0;

/** A visit that a doctor has made already, and the link for its patient. */
export class Meeting {
  readonly server: Server;
  readonly id: string;
  readonly link: string;
  readonly doctor: Person;
  readonly patientName: string;
  readonly #people: Somebody[];

  private constructor(server: Server, id: string, link: string, doctor: Person, patientName: string) {
    [this.server, this.id, this.link, this.doctor, this.patientName] = [server, id, link, doctor, patientName];
    this.#people = [];
  }

  static async begin(server: Server, { doctorName = "Dr. Anna", patientName = "Ben", reason = "" } = {}): Promise<Meeting> {
    count += 1;
    const doctor: Person = { id: `dr-anna-${count}`, name: doctorName, role: "doctor" };
    const terms = { doctorId: doctor.id, patientId: `patient-${count}`, patientName, waitingRoom: true, ...(reason && { reason }) };
    const { id } = await server.rest<Consultation>(doctor, "POST", "/api/v1/consultations", terms);
    return new Meeting(server, id, await server.link(doctor, id, patientName), doctor, patientName);
  }

  /** The doctor opens their list. */
  async doctorComes(browser: Browser, terms: ProfileTerms = {}): Promise<Somebody> {
    const somebody = await this.comes(this.doctor.name, browser, terms);
    await somebody.tab.open(`${this.server.url}/#token=${await this.server.token(this.doctor)}`);
    return somebody;
  }

  /** The patient opens their link. */
  async patientComes(browser: Browser, terms: ProfileTerms = {}): Promise<Somebody> {
    const somebody = await this.comes(this.patientName, browser, terms);
    await somebody.tab.open(this.link);
    return somebody;
  }

  /** Somebody opens a link of their own: an interpreter, a relative. */
  async guestComes(name: string, browser: Browser, terms: ProfileTerms = {}): Promise<Somebody> {
    const somebody = await this.comes(name, browser, terms);
    await somebody.tab.open(await this.server.link(this.doctor, this.id, name, "guest"));
    return somebody;
  }

  /** Somebody sits down at a computer of their own, with an empty page. */
  async comes(name: string, browser: Browser, terms: ProfileTerms = {}): Promise<Somebody> {
    const somebody = await Somebody.at(name, browser, terms);
    this.#people.push(somebody);
    return somebody;
  }

  /** Both are in the call, see and hear each other. */
  async both(
    doctors: Browser,
    patients: Browser,
    terms: { doctor?: ProfileTerms; patient?: ProfileTerms } = {},
  ): Promise<{ doctor: Somebody; patient: Somebody }> {
    const doctor = await this.doctorComes(doctors, terms.doctor);
    await doctor.press("link", `Open ${this.patientName}`);
    await doctor.press("button", "Join the visit");
    const patient = await this.patientComes(patients, terms.patient);
    await patient.press("button", "Join the visit");
    await doctor.press("button", `Let in ${this.patientName}`);
    await Promise.all([doctor.seesAndHears(this.patientName), patient.seesAndHears(this.doctor.name)]);
    return { doctor, patient };
  }

  /** Everybody goes home. */
  async ends(): Promise<void> {
    for (const { profile } of this.#people) await profile.close();
  }

  /** For who wants to know why a test failed. */
  told(): Promise<string> {
    return told(this.#people);
  }
}

/** What everybody has before them, and what their pages complained of. */
export async function told(people: readonly Somebody[]): Promise<string> {
  const all = people.map(async ({ name, tab }) => {
    const shown = await tab.run(() => document.body.innerText).catch(String);
    return [`— ${name} reads:`, shown, ...tab.complaints].join("\n");
  });
  return (await Promise.all(all)).join("\n");
}

/** Somebody at a page. */
export class Somebody {
  readonly name: string;
  readonly profile: Profile;
  readonly tab: Tab;

  constructor(name: string, profile: Profile, tab: Tab) {
    [this.name, this.profile, this.tab] = [name, profile, tab];
  }

  static async at(name: string, browser: Browser, terms: ProfileTerms = {}): Promise<Somebody> {
    const profile = await browser.profile({ size: LAPTOP, ...terms, before: [watch, ...(terms.before ?? [])] });
    return new Somebody(name, profile, await profile.tab());
  }

  /** The same person in another tab of theirs. */
  in(tab: Tab): Somebody {
    return new Somebody(this.name, this.profile, tab);
  }

  press(role: AriaRole, name: string): Promise<void> {
    return this.tab.find(role, name).press();
  }

  sees(role: AriaRole, name: string): Promise<void> {
    return this.tab.find(role, name).isSeen();
  }

  reads(text: string): Promise<void> {
    return this.tab.reads(text);
  }

  async writes(text: string): Promise<void> {
    await this.tab.find("textbox", "Write a message").fill(text);
    await this.press("button", "Send");
  }

  /** Files come into the chat: picked, pasted into the field, or dropped on it. */
  async brings(how: "picks" | "pastes" | "drops", files: readonly BroughtFile[]): Promise<void> {
    await this.sees("textbox", "Write a message");
    await this.tab.run(bring, { how, files: [...files] });
  }

  /** Their own sound and picture go to a recorder from now on; the browser has sent this much more. */
  async isRecorded({ bytes = 20_000, pictures = 5 } = {}): Promise<void> {
    const before = await this.tab.until(() => window.watched?.recorded);
    const after = { bytes: before.bytes + bytes, pictures: before.pictures + pictures };
    await this.tab.until((after) => {
      const { bytes, pictures, connections } = window.watched.recorded;
      return connections > 0 && bytes >= after.bytes && pictures >= after.pictures;
    }, after);
  }

  /** No connection to a recorder stands. */
  async isNotRecorded(): Promise<void> {
    await this.tab.until(() => window.watched?.recorded.connections === 0);
  }

  /** The other's pictures and sound come in from now on, and are played. */
  async seesAndHears(name: string, { frames = 10, audioBytes = 1_000 } = {}): Promise<void> {
    await this.plays(`Picture of ${name}`);
    const before = await this.tab.until(() => window.watched?.flow);
    const after = { frames: before.frames + frames, audioBytes: before.audioBytes + audioBytes };
    await this.tab.until((after) => {
      const flow = window.watched?.flow ?? { frames: 0, audioBytes: 0 };
      return flow.frames >= after.frames && flow.audioBytes >= after.audioBytes;
    }, after);
  }

  /** The picture of this name moves, and its sound is not held back. */
  async plays(label: string, { own = false } = {}): Promise<void> {
    const at = await this.tab.until(playing, { label, own, after: 0 });
    await this.tab.until(playing, { label, own, after: at });
  }

  /** From the beginning of the page as it is loaded now to the other's first frame. */
  firstFrameMs(): Promise<number> {
    return this.tab.until(() => window.watched?.firstFrameMs);
  }
}

export interface BroughtFile {
  readonly name: string;
  readonly type: string;
  readonly base64: string;
}

/** Hand files to the page as the browser would. Runs in the page. */
function bring({ how, files }: { how: "picks" | "pastes" | "drops"; files: readonly BroughtFile[] }): void {
  const carried = new DataTransfer();
  for (const { name, type, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type }));
  }
  const field = document.querySelector("textarea");
  const picker = document.querySelector<HTMLInputElement>("input[type=file]");
  if (how === "picks" && picker) {
    picker.files = carried.files;
    picker.dispatchEvent(new Event("change", { bubbles: true }));
  }
  if (how === "pastes") field?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
  if (how === "drops") {
    for (const kind of ["dragenter", "dragover", "drop"]) {
      field?.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
    }
  }
}

/**
 * How far the picture of this name has played, if it plays, and farther than `after`. One's own has no sound. Runs in
 * the page.
 */
function playing({ label, own, after }: { label: string; own: boolean; after: number }): number {
  for (const video of document.querySelectorAll("video")) {
    // Names stand isolated from the direction of the words around them.
    const isIt = video.ariaLabel?.replace(/[\u2066-\u2069]/g, "") === label && video.muted === own;
    if (isIt && !video.paused && video.videoWidth > 0 && video.currentTime > after) return video.currentTime;
  }
  return 0;
}
