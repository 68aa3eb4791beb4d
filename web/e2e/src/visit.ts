/** A visit in the making: doctor and patient, each with a page that uses the library, and what tests say about them. */
import type { CallPeer, CallState, CallStatus } from "@bedside/client";
import { inject } from "vitest";
import type { VisitPage } from "../pages/call.js";
import type { Browser, Profile, ProfileTerms, Tab } from "./browser.js";
import type { Consultation, Person, Server } from "./server.js";

declare global {
  interface Window {
    visit: VisitPage;
  }
}

let count = 0;

export class Visit {
  readonly server: Server;
  readonly room: string;
  readonly doctor: Person;
  readonly patient: Person;
  readonly #attendees: Attendee[] = [];

  private constructor(server: Server, room: string, doctor: Person, patient: Person) {
    [this.server, this.room, this.doctor, this.patient] = [server, room, doctor, patient];
  }

  /** A new consultation of people who were never here before. */
  static async begin(server: Server, { waitingRoom = false, icePolicy = "all" } = {}): Promise<Visit> {
    count += 1;
    const doctor: Person = { id: `dr-anna-${count}`, name: "Dr. Anna", role: "doctor" };
    const patient: Person = { id: `ben-${count}`, name: "Ben", role: "patient" };
    const terms = { doctorId: doctor.id, patientId: patient.id, waitingRoom, icePolicy };
    const { id } = await server.rest<Consultation>(doctor, "POST", "/api/v1/consultations", terms);
    return new Visit(server, id, doctor, patient);
  }

  /** Somebody duplicates their tab. */
  async duplicates(attendee: Attendee): Promise<Attendee> {
    return new Attendee(attendee.person, attendee.profile, await attendee.profile.duplicate(attendee.tab));
  }

  /** Somebody opens the page, in a browser of their own, or in a new tab of `profile`. */
  async comes(
    person: Person,
    browser: Browser,
    options: ProfileTerms & { joins?: boolean; profile?: Profile } = {},
  ): Promise<Attendee> {
    const profile = options.profile ?? (await browser.profile(options));
    const words = { token: await this.server.token(person), url: this.server.url, room: this.room };
    const hash = new URLSearchParams({ ...words, ...(options.joins !== false && { join: "yes" }) });
    const attendee = new Attendee(person, profile, await profile.tab());
    this.#attendees.push(attendee);
    await attendee.tab.open(`${inject("pages")}/call.html#${hash.toString()}`);
    return attendee;
  }

  /** Both come, doctor first, and see and hear each other. */
  async meets(doctors: Browser, patients: Browser): Promise<{ doctor: Attendee; patient: Attendee }> {
    const doctor = await this.comes(this.doctor, doctors);
    await doctor.is("joined");
    const patient = await this.comes(this.patient, patients);
    await Promise.all([doctor.seesAndHears(), patient.seesAndHears()]);
    return { doctor, patient };
  }

  /** What a doctor does by REST or by an event, in the doctor's name. */
  async admits(who: Person): Promise<void> {
    await this.#says("consultation:admit", who);
  }

  async denies(who: Person, reason: string): Promise<void> {
    await this.#says("consultation:deny", who, reason);
  }

  async holds(who: Person, reason: string): Promise<void> {
    await this.#says("consultation:hold", who, reason);
  }

  async removes(who: Person): Promise<void> {
    await this.server.rest(this.doctor, "DELETE", `/api/v1/consultations/${this.room}/participants/${who.id}`);
  }

  async closes(): Promise<void> {
    await this.server.rest(this.doctor, "POST", `/api/v1/consultations/${this.room}/end`, {});
  }

  async #says(event: "consultation:admit" | "consultation:deny" | "consultation:hold", who: Person, reason?: string): Promise<void> {
    const doctor = this.#attendees.find(({ person }) => person === this.doctor);
    const words = { event, data: { roomId: this.room, userId: who.id, ...(reason !== undefined && { reason }) } };
    await doctor?.tab.run(({ event, data }) => window.visit.bedside.ask(event, data), words);
  }

  /** Everybody goes. */
  async ends(): Promise<void> {
    for (const { profile } of this.#attendees) await profile.close();
  }

  /** For who wants to know why a test failed. */
  complaints(): string[] {
    return this.#attendees.flatMap(({ person, tab }) => tab.complaints.map((text) => `${person.name}: ${text}`));
  }
}

/** Somebody at their page. */
export class Attendee {
  constructor(
    readonly person: Person,
    readonly profile: Profile,
    readonly tab: Tab,
  ) {}

  state(): Promise<Pick<CallState, "status" | "position" | "reason">> {
    return this.tab.run(() => {
      const { status, position, reason } = window.visit.call.state.get();
      return { status, position, reason };
    });
  }

  /** The call comes to this status. */
  async is(status: CallStatus): Promise<void> {
    await this.tab.until((wanted) => window.visit?.call.state.get().status === wanted, status);
  }

  /** Pictures and sound come in, from now on, and are shown. */
  async seesAndHears({ frames = 10, audioBytes = 1_000 } = {}): Promise<void> {
    const before = await this.tab.until(() => {
      const remote = document.getElementById("remote") as HTMLVideoElement | null;
      return remote && remote.videoWidth > 0 && remote.currentTime > 0 && window.visit.flow;
    });
    const after = { frames: (before || { frames: 0 }).frames + frames, audioBytes: (before || { audioBytes: 0 }).audioBytes + audioBytes };
    await this.tab.until(({ frames, audioBytes }) => {
      const { flow } = window.visit;
      return flow.frames >= frames && flow.audioBytes >= audioBytes;
    }, after);
  }

  /** The other's screen comes in, and is shown. */
  async seesScreen(): Promise<void> {
    const at = await this.tab.until(() => {
      const screen = document.getElementById("screen") as HTMLVideoElement;
      return screen.srcObject !== null && screen.videoWidth > 0 && screen.currentTime;
    });
    await this.tab.until((at) => (document.getElementById("screen") as HTMLVideoElement).currentTime > at, Number(at));
  }

  /** The page has, or has no, connection to the server. */
  async isConnected(isConnected: boolean): Promise<void> {
    await this.tab.until((wanted) => window.visit?.bedside.state.get().isConnected === wanted, isConnected);
  }

  /** What this page knows of the other one comes to be so. */
  async peer(like: Partial<Pick<CallPeer, "away" | "connection" | "quality">> & { media?: Partial<CallPeer["media"]> }): Promise<void> {
    await this.tab.until((wanted) => {
      const peer = window.visit.call.state.get().peers[0];
      if (!peer) return false;
      const { media = {}, ...rest } = wanted;
      const isLike = (has: object, wants: object): boolean =>
        Object.entries(wants).every(([key, value]) => (has as Record<string, unknown>)[key] === value);
      return isLike(peer, rest) && isLike(peer.media, media);
    }, like);
  }

  /** Nobody but these people is in the call, as this page sees it. */
  async isWith(...people: readonly Person[]): Promise<void> {
    await this.tab.until(
      (wanted) => window.visit.call.state.get().peers.map((peer) => peer.userId).join() === wanted,
      people.map((person) => person.id).join(),
    );
  }

  /** How many connections this page has made so far. */
  connections(): Promise<number> {
    return this.tab.run(() => window.visit.connections.length);
  }

  /** From the beginning of the page as it is loaded now to the other's first frame. */
  firstFrameMs(): Promise<number> {
    return this.tab.until(() => window.visit?.firstFrameMs ?? 0);
  }
}
