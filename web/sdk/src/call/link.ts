/**
 * The connection to one peer: the only owner of an RTCPeerConnection. Everything that happens to it happens in a queue,
 * one after the other, so that each step sees a settled state.
 */
import type { IceCandidate } from "../generated/events.js";
import { Refused } from "../refused.js";
import { CandidateShelf, fits } from "./candidate.js";
import { type Standing, judgeAnswer, judgeOffer } from "./negotiation.js";
import { OwnCandidates } from "./own_candidates.js";
import { Recovery } from "./recovery.js";
import { fragmentsOf, makerOf } from "./sdp.js";
import { type Signals, addCandidate } from "./signals.js";
import { Incoming, type Outgoing, layOut, sendTracks } from "./slot.js";
import type { PeerConnectionState } from "./state.js";

export interface LinkOptions {
  readonly polite: boolean;
  readonly signals: Signals;
  /** ICE servers whose credentials are good for a while yet. */
  configuration(): Promise<RTCConfiguration>;
  outgoing(): Outgoing;
  /** Something of what the link shows is different. */
  changed(): void;
}

/** Who hears of a newcomer waits for the newcomer's offer; after this it is offered to them. */
const OFFER_PATIENCE_MS = 3_000;
/** An answer needs two ways and a browser's work. After this the offer is made known again. */
const ANSWER_PATIENCE_MS = 8_000;
/** After an offer that crossed ours was ignored: its sender may be a page that has never seen ours. */
const CROSSED_PATIENCE_MS = 1_500;
/** A screen that is received shows something well before this. */
const YIELD_PATIENCE_MS = 2_000;
/** A peer that is just back may be a page that was loaded anew, and then offers by itself. */
const BACK_PATIENCE_MS = 1_500;

export class Link {
  readonly #options: LinkOptions;
  #pc: RTCPeerConnection | null = null;
  #queue: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** The own offer that waits for its answer. */
  #offered: { negotiation: number | null } | null = null;
  /** The answer that could not be sent yet. */
  #unsentAnswer: { negotiation: number } | null = null;
  /** Who made the peer's descriptions. */
  #remote: string | null = null;
  readonly #shelf = new CandidateShelf();
  readonly #own: OwnCandidates;

  #isAway = false;
  #wasConnected = false;
  #offerTimer: Timer;
  #answerTimer: Timer;
  #yieldTimer: Timer;
  readonly #recovery: Recovery;

  #connection: PeerConnectionState = "connecting";
  readonly #incoming = new Incoming();

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#own = new OwnCandidates(options.signals);
    this.#recovery = new Recovery({
      isConnected: () => this.#pc?.connectionState === "connected",
      isHeard: () => this.#pc !== null && !this.#isAway && options.signals.isReady(),
      queue: (job) => this.#do(job),
      restart: () => this.#restart(),
      renew: () => this.#renew(),
    });
  }

  get connection(): PeerConnectionState {
    return this.#connection;
  }

  /** The peer's sound and picture. */
  get stream(): MediaStream | null {
    return this.#incoming.camera;
  }

  get screen(): MediaStream | null {
    return this.#incoming.screen;
  }

  /** Offer, unless there is a connection already. */
  start(): void {
    this.#do(async () => {
      if (this.#pc === null) await this.#renew();
    });
  }

  /** The peer will offer. */
  expectOffer(): void {
    if (this.#pc === null) this.#offerTimer = restarted(this.#offerTimer, OFFER_PATIENCE_MS, () => this.start());
  }

  heardOffer(sdp: string, negotiation: number): void {
    clearTimeout(this.#offerTimer);
    this.#do(() => this.#takeOffer(sdp, negotiation));
  }

  heardAnswer(sdp: string, negotiation: number): void {
    this.#do(() => this.#takeAnswer(sdp, negotiation));
  }

  heardCandidate(candidate: IceCandidate, negotiation: number | null): void {
    this.#do(async () => {
      const remote = this.#pc?.remoteDescription;
      if (remote && this.#pc && fits(candidate, fragmentsOf(remote.sdp))) await addCandidate(this.#pc, candidate);
      else this.#shelf.put(candidate, negotiation);
    });
  }

  /** Send what is there to be sent now. */
  tracksChanged(): void {
    this.#do(async () => {
      if (this.#pc) await sendTracks(this.#pc, this.#options.outgoing());
    });
  }

  /** Other ICE servers from now on. */
  serversChanged(): void {
    this.#do(async () => this.#pc?.setConfiguration(await this.#options.configuration()));
  }

  /** The own network is another: look for new ways at once. What runs goes on meanwhile. */
  networkChanged(): void {
    if (this.#pc) this.#recovery.trouble("network_changed");
  }

  /** The peer's connection to the server is broken, or is back. */
  setAway(isAway: boolean): void {
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    if (!isAway) this.#signalsAreBack();
  }

  /** Signals can be sent again. In a new session nothing is kept of what was on its way to us. */
  signalsReady(isNewSession: boolean): void {
    if (isNewSession && this.#offered) this.#offered.negotiation = null;
    this.#signalsAreBack();
  }

  report(): Promise<RTCStatsReport> | null {
    return this.#pc?.getStats() ?? null;
  }

  close(): void {
    this.#isClosed = true;
    this.#discard();
  }

  #do(job: () => Promise<unknown>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#isClosed) return;
      try {
        await job();
      } catch (fault) {
        // A description or candidate that does not fit. Whatever is broken now is made anew.
        if (!this.#isClosed && !(fault instanceof Refused)) {
          console.warn("bedside: a step of the call failed", fault);
          this.#recovery.trouble("fault");
        }
      }
    });
  }

  // ---- offers and answers

  async #makeOffer(): Promise<void> {
    const pc = this.#pc;
    if (pc?.signalingState !== "stable") return;
    await this.#describe(pc);
    this.#offered = { negotiation: null };
    await this.#sendOffer();
  }

  async #sendOffer(): Promise<void> {
    const { signals } = this.#options;
    const [offered, sdp] = [this.#offered, this.#pc?.localDescription?.sdp];
    // What cannot be sent now is sent when signals are back.
    if (offered === null || sdp === undefined || this.#isAway || !signals.isReady()) return;
    this.#awaitAnswer(ANSWER_PATIENCE_MS);
    offered.negotiation = await signals.offer(sdp);
    this.#own.release(offered.negotiation, this.#ownFragments());
  }

  #awaitAnswer(patienceMs: number): void {
    this.#answerTimer = restarted(this.#answerTimer, patienceMs, () => this.#do(() => this.#sendOffer()));
  }

  async #takeOffer(sdp: string, negotiation: number): Promise<void> {
    const verdict = judgeOffer(this.#standing(), sdp);
    if (verdict === "ignore") return this.#awaitAnswer(CROSSED_PATIENCE_MS);
    const pc = verdict === "replace" || this.#pc === null ? await this.#open() : this.#pc;
    // Said in a word of its own: Chromium often leaves a track muted that is rolled back and offered in one step.
    if (verdict === "yield") await pc.setLocalDescription({ type: "rollback" });
    await pc.setRemoteDescription({ type: "offer", sdp });
    this.#offered = null;
    clearTimeout(this.#answerTimer);
    await this.#takenRemote(pc, sdp, negotiation);
    await sendTracks(pc, this.#options.outgoing());
    await this.#describe(pc);
    this.#unsentAnswer = { negotiation };
    this.#received(pc);
    await this.#sendAnswer();
    if (verdict === "yield") this.#checkAfterYielding(pc);
  }

  /** Chromium may leave a screen muted all the same that was offered while the own offer gave way: then begin anew. */
  #checkAfterYielding(pc: RTCPeerConnection): void {
    this.#yieldTimer = restarted(this.#yieldTimer, YIELD_PATIENCE_MS, () => {
      if (pc === this.#pc && this.screen?.getTracks().some((track) => track.muted)) this.#recovery.trouble("fault");
    });
  }

  async #sendAnswer(): Promise<void> {
    const { signals } = this.#options;
    const [unsent, sdp] = [this.#unsentAnswer, this.#pc?.localDescription?.sdp];
    if (unsent === null || sdp === undefined || !signals.isReady()) return;
    try {
      await signals.answer(sdp, unsent.negotiation);
    } catch (thrown) {
      if (Refused.of(thrown).passing) throw thrown;
      // Stale: a newer offer is on its way. Or the peer is gone. Either way nobody waits for this answer.
    }
    this.#unsentAnswer = null;
    this.#own.release(unsent.negotiation, this.#ownFragments());
  }

  async #takeAnswer(sdp: string, negotiation: number): Promise<void> {
    const verdict = judgeAnswer(this.#standing(), { sdp, negotiation });
    if (verdict === "ignore" || this.#pc === null) return;
    clearTimeout(this.#answerTimer);
    if (verdict === "replace") return this.#renew();
    const pc = this.#pc;
    await pc.setRemoteDescription({ type: "answer", sdp });
    this.#offered = null;
    await this.#takenRemote(pc, sdp, negotiation);
    this.#received(pc);
  }

  async #takenRemote(pc: RTCPeerConnection, sdp: string, negotiation: number): Promise<void> {
    this.#remote = makerOf(sdp);
    for (const candidate of this.#shelf.take(fragmentsOf(sdp), negotiation)) await addCandidate(pc, candidate);
  }

  /** Make the own description of what is next. Candidates wait until it was sent. */
  async #describe(pc: RTCPeerConnection): Promise<void> {
    this.#own.hold();
    await pc.setLocalDescription();
  }

  #standing(): Standing {
    return { polite: this.#options.polite, offered: this.#offered, remote: this.#remote };
  }

  #ownFragments(): ReadonlySet<string> {
    return fragmentsOf(this.#pc?.localDescription?.sdp ?? "");
  }

  // ---- the connection itself

  /** A fresh connection in place of the one there is. */
  async #open(): Promise<RTCPeerConnection> {
    this.#discard();
    const pc = new RTCPeerConnection(await this.#options.configuration());
    if (this.#isClosed) {
      pc.close();
      throw new Refused("closed", "the call is over");
    }
    this.#pc = pc;
    pc.onnegotiationneeded = () => this.#do(() => this.#makeOffer());
    pc.onicecandidate = ({ candidate }) => {
      // The end of candidates is not told: the peer's ICE comes to its end by its own clock.
      if (candidate?.candidate) this.#own.found(candidate.toJSON() as IceCandidate);
    };
    pc.onconnectionstatechange = () => this.#watch(pc);
    this.#options.changed();
    return pc;
  }

  /**
   * A fresh connection, offered by this side. In one step: an offer of the peer that came between would not be matched
   * with what was laid out.
   */
  async #renew(): Promise<void> {
    layOut(await this.#open(), this.#options.outgoing());
    await this.#makeOffer();
  }

  async #restart(): Promise<void> {
    this.#pc?.setConfiguration(await this.#options.configuration());
    this.#pc?.restartIce();
    if (this.#pc) this.#watch(this.#pc);
  }

  #discard(): void {
    for (const timer of [this.#offerTimer, this.#answerTimer, this.#yieldTimer]) clearTimeout(timer);
    this.#recovery.stop();
    const pc = this.#pc;
    if (pc === null) return;
    this.#pc = null;
    pc.onnegotiationneeded = pc.onicecandidate = pc.onconnectionstatechange = null;
    pc.close();
    [this.#offered, this.#unsentAnswer, this.#remote] = [null, null, null];
    this.#own.forget();
  }

  #watch(pc: RTCPeerConnection): void {
    if (pc !== this.#pc) return;
    switch (pc.connectionState) {
      case "connected":
        this.#wasConnected = true;
        this.#recovery.connected();
        return this.#show("connected");
      case "disconnected":
      case "failed":
        this.#recovery.trouble(pc.connectionState);
        return this.#show(this.#recovery.hasFailed ? "failed" : "interrupted");
      case "new":
      case "connecting":
      case "closed":
        return this.#show(this.#wasConnected ? "interrupted" : "connecting");
    }
  }

  #show(connection: PeerConnectionState): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#options.changed();
  }

  #received(pc: RTCPeerConnection): void {
    this.#incoming.update(pc);
    this.#options.changed();
  }

  #signalsAreBack(): void {
    if (!this.#options.signals.isReady() || this.#isAway) return;
    this.#do(async () => {
      if (this.#offered?.negotiation === null) await this.#sendOffer();
      else if (this.#offered) this.#awaitAnswer(CROSSED_PATIENCE_MS);
      await this.#sendAnswer();
      this.#own.again(this.#ownFragments());
    });
    const isBroken = this.#pc?.connectionState === "disconnected" || this.#pc?.connectionState === "failed";
    if (isBroken) this.#recovery.after(BACK_PATIENCE_MS, "failed");
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined;

function restarted(timer: Timer, ms: number, then: () => void): Timer {
  clearTimeout(timer);
  return setTimeout(then, ms);
}
