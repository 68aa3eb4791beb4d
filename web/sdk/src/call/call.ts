/**
 * The call of one room: entering and waiting, who is there, what goes out. The only owner of the peers. It outlives the
 * connection and the server: what runs goes on, and the seat is taken again when there is somebody to ask for it.
 */
import type { SessionReady, WebrtcJoined } from "../generated/events.js";
import { Refused } from "../refused.js";
import { type Observable, Value } from "../state.js";
import { hear } from "./hear.js";
import { IceServers } from "./ice.js";
import type { LinkOptions } from "./link.js";
import { type Choice, Local, remember, remembered } from "./local.js";
import type { Peer } from "./peer.js";
import { Peers } from "./peers.js";
import type { CallConnection, Consenting } from "./port.js";
import { followNetwork, followQuality } from "./looks.js";
import type { RecordedTerms } from "./recorded.js";
import { Recorders, isRecorder } from "./recorders.js";
import { Seat } from "./seat.js";
import type { Signals } from "./signals.js";
import { type CallState, type CallStats, type CallStatus, type DeviceKind, NO_CALL } from "./state.js";

/** Where the server does not say when to come again. */
const RETRY_MS = 2_000;

export class Call {
  readonly roomId: string;
  readonly #connection: CallConnection;
  readonly #local = new Local();
  readonly #seat = new Seat();
  readonly #ice: IceServers;
  readonly #peers: Peers;
  readonly #recorders: Recorders;
  readonly #consenting: Consenting;
  readonly #state: Value<CallState>;
  /** Grows when the call is entered or over: what belongs to an older time is ignored. */
  #round = 0;
  #forget: (() => void)[] = [];
  #entering: Promise<void> | null = null;
  #mustEnterAgain = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** What the person asked to send when they came. */
  #choice: Choice = { audio: true, video: true };
  /** Whether this session of ours has the seat: signals pass only then. */
  #isSeated = false;
  /** Set once one was sent away from the door. */
  #denial: { reason: string | null } | null = null;
  /** What the server knows that we send. */
  #told = "";
  #resumeWindowMs = 120_000;

  constructor(connection: CallConnection, consenting: Consenting, roomId: string) {
    this.#connection = connection;
    this.#consenting = consenting;
    this.roomId = roomId;
    this.#ice = new IceServers(connection, roomId);
    this.#peers = new Peers({
      linkTo: (peerId) => this.#wayTo(peerId),
      changed: () => this.#show(),
    });
    this.#recorders = new Recorders({
      legTo: (peerId) => ({ ...this.#wayTo(peerId), terms: () => this.#recordedTerms() }),
      changed: () => this.#state.patch({ hasRecorder: this.#recorders.isHere }),
    });
    consenting.state.subscribe(() => this.#recorders.look());
    const devices = this.#local.capture.devices.state.get();
    this.#state = new Value<CallState>({ ...NO_CALL, local: this.#local.shown(), devices });
    this.#local.changed.add(() => this.#localChanged());
  }

  get state(): Observable<CallState> {
    return this.#state;
  }

  /** What this tab was sending, if it was in this call when it was loaded anew: a page may then join at once. */
  get remembered(): Choice | null {
    return remembered(this.roomId);
  }

  /** Enter the call, or the waiting room in front of it. Without options: as before a reload, or with both. */
  async join(options: Partial<Choice> = {}): Promise<void> {
    const known = this.remembered;
    const choice = { audio: options.audio ?? known?.audio ?? true, video: options.video ?? known?.video ?? true };
    this.#choice = choice;
    if (this.#isIn) return this.#wanted();
    await this.#begin((name, taken) => this.#seat.take(name, taken));
  }

  /** Bring the call here from another tab of this browser. */
  async takeOver(): Promise<void> {
    if (this.#isIn) return;
    await this.#begin(async (name, taken) => {
      await this.#seat.takeOver(name, taken);
      return true;
    });
  }

  async leave(): Promise<void> {
    if (!this.#isIn) return;
    // Without a connection it is said when it is back, while the seat is still kept.
    const options = { timeoutMs: this.#resumeWindowMs };
    const said = this.#connection.ask("webrtc:leave_room", { roomId: this.roomId }, options);
    this.#over("idle");
    // Who is not in it any more has left.
    await said.catch(() => undefined);
  }

  setAudio(on: boolean): Promise<void> {
    this.#choice = { ...this.#choice, audio: on };
    return this.#wanted();
  }

  setVideo(on: boolean): Promise<void> {
    this.#choice = { ...this.#choice, video: on };
    return this.#wanted();
  }

  shareScreen(): Promise<void> {
    return this.#local.screen.start();
  }

  stopScreen(): void {
    this.#local.screen.stop();
  }

  useDevice(kind: DeviceKind, deviceId: string): Promise<void> {
    return this.#local.capture.useDevice(kind, deviceId);
  }

  // ---- entering

  get #isIn(): boolean {
    return ["joining", "waiting", "held", "joined"].includes(this.#state.get().status);
  }

  async #begin(sit: (name: string, taken: () => void) => Promise<boolean>): Promise<void> {
    const round = ++this.#round;
    this.#state.patch({ status: "joining", error: null, reason: null, position: null });
    try {
      const userId = await this.#userId();
      const taken = (): void => this.#takenOver();
      const sits = round === this.#round && (await sit(`bedside:call:${this.roomId}:${userId}`, taken));
      if (round !== this.#round) {
        // Left while this was asked. Who has come again meanwhile keeps the seat.
        if (!this.#isIn) this.#seat.release();
        return;
      }
      if (!sits) return this.#over("elsewhere");
      this.#listen();
      void this.#wanted();
      await this.#enter();
    } catch (thrown) {
      if (round === this.#round) this.#over("refused", { error: Refused.of(thrown) });
    }
  }

  /** Take what the person wants to send, now or when they come in. */
  async #wanted(): Promise<void> {
    if (!this.#isIn) return;
    remember(this.roomId, this.#choice);
    await this.#local.capture.open(this.#choice);
  }

  /** Who one is, once there is a session. */
  #userId(): Promise<string> {
    return new Promise((resolve, reject) => {
      const { state } = this.#connection;
      let unsubscribe = (): void => undefined;
      const check = (): boolean => {
        const { user, isConnected, status, error } = state.get();
        if (user && isConnected) resolve(user.id);
        else if (status === "stopped") reject(error ?? new Refused("closed", "there is no connection"));
        else return false;
        unsubscribe();
        return true;
      };
      if (!check()) unsubscribe = state.subscribe(check);
    });
  }

  /** Ask for the seat, one question at a time. */
  #enter(): Promise<void> {
    this.#mustEnterAgain = true;
    this.#entering ??= (async () => {
      while (this.#mustEnterAgain && this.#isIn) {
        this.#mustEnterAgain = false;
        await this.#knock();
      }
    })().finally(() => (this.#entering = null));
    return this.#entering;
  }

  async #knock(): Promise<void> {
    clearTimeout(this.#retryTimer);
    const round = this.#round;
    const media = this.#local.media();
    try {
      const answer = await this.#connection.ask("webrtc:join_room", { roomId: this.roomId, media });
      if (round !== this.#round) return;
      this.#told = JSON.stringify(media);
      if (answer.state === "joined") this.#joined(answer);
      else this.#waits(answer.position);
    } catch (thrown) {
      if (round === this.#round) this.#turnedAway(Refused.of(thrown));
    }
  }

  #joined(answer: Extract<WebrtcJoined, { state: "joined" }>): void {
    this.#ice.set(answer.iceServers, answer.iceExpiresAt ?? null, answer.icePolicy);
    this.#isSeated = true;
    this.#state.patch({ status: "joined", position: null, reason: null, peerId: answer.peerId });
    this.#consenting.entered(answer.recording ?? null);
    this.#peers.found(
      answer.peers.filter((peer) => !isRecorder(peer)),
      this.#resumeWindowMs,
    );
    this.#recorders.found(answer.peers.filter(isRecorder), this.#resumeWindowMs);
    this.#localChanged();
  }

  #waits(position: number): void {
    this.#empty();
    const status = this.#state.get().status === "held" ? "held" : "waiting";
    this.#state.patch({ status, position, peerId: null });
  }

  #turnedAway(refused: Refused): void {
    if (refused.code === "ended") return this.#over("ended");
    const wasIn = this.#state.get().status !== "joining";
    // Whoever was sent away cannot wait again.
    if (refused.code === "forbidden" && this.#denial) return this.#over("denied", this.#denial);
    if (wasIn && (refused.code === "not_found" || refused.code === "forbidden")) return this.#over("removed");
    if (!refused.passing) return this.#over("refused", { error: refused });
    // Without a connection the next session asks again.
    if (this.#connection.state.get().isConnected) {
      this.#retryTimer = setTimeout(() => void this.#enter(), refused.retryAfterMs ?? RETRY_MS);
    } else if (this.#connection.state.get().status === "stopped" && !wasIn) {
      this.#over("refused", { error: refused });
    }
  }

  #session(ready: SessionReady): void {
    this.#resumeWindowMs = ready.resumeWindowMs;
    if (!this.#isIn) return;
    if (!ready.resumed) this.#isSeated = false;
    if (!this.#isSeated) return void this.#enter();
    for (const { link } of this.#peers) link.signalsReady(false);
    this.#localChanged();
  }

  // ---- what is heard

  #listen(): void {
    this.#forget.push(
      this.#connection.onSession((ready) => this.#session(ready)),
      this.#ice.renewed.add(() => {
        for (const { link } of this.#peers) link.serversChanged();
      }),
      this.#ice.listen(),
      hear(this.#connection, this.roomId, {
        admitted: () => void this.#enter(),
        denied: (reason) => {
          this.#denial = { reason };
          this.#over("denied", this.#denial);
        },
        held: (reason) => {
          this.#empty();
          this.#state.patch({ status: "held", reason, position: null, peerId: null });
          void this.#enter();
        },
        removed: () => this.#over("removed"),
        ended: (reason) => this.#over("ended", { reason }),
        peerJoined: (meta) => {
          if (isRecorder(meta)) this.#recorders.came(meta);
          else this.#peers.came(meta, this.#isEarly);
        },
        peerLeft: (peerId, reason) => {
          this.#recorders.left(peerId);
          this.#peers.left(peerId, reason);
        },
        peerAway: (peerId, away) => this.#peers.change(peerId, (peer) => peer.setAway(away)),
        mediaState: (media) => this.#peers.change(media.peerId, (peer) => peer.setMedia(media)),
        // Each takes what comes from those whom it knows.
        offer: ({ from, sdp, negotiation }) => {
          this.#recorders.heardOffer(from, sdp, negotiation, this.#isEarly);
          this.#signal(from, ({ link }) => link.heardOffer(sdp, negotiation));
        },
        answer: ({ from, sdp, negotiation }) => this.#signal(from, ({ link }) => link.heardAnswer(sdp, negotiation)),
        candidate: ({ from, candidate, negotiation }) => {
          if (!candidate) return;
          this.#recorders.heardCandidate(from, candidate, negotiation ?? null, this.#isEarly);
          this.#signal(from, ({ link }) => link.heardCandidate(candidate, negotiation ?? null));
        },
      }),
      followNetwork(this.#peers),
      followQuality(this.#peers, {
        looked: () => this.#show(),
        report: (stats) => this.#report(stats),
      }),
    );
  }

  async #report(stats: CallStats): Promise<void> {
    if (!this.#connection.state.get().isConnected) return;
    // The next report says more than a repeated one.
    await this.#connection.ask("webrtc:stats", { roomId: this.roomId, ...stats }).catch(() => undefined);
  }

  #signal(from: string, hear: (peer: Peer) => void): void {
    this.#peers.signal(from, hear, this.#isEarly);
  }

  /** Whether the answer to our joining, which says who is there, is still under way. */
  get #isEarly(): boolean {
    return this.#entering !== null && !this.#isSeated;
  }

  #wayTo(peerId: string): Pick<LinkOptions, "signals" | "configuration" | "outgoing"> {
    return {
      signals: this.#signals(peerId),
      configuration: () => this.#ice.configuration(),
      outgoing: () => this.#local.outgoing(),
    };
  }

  /** Nothing goes to a recorder without this person's consent, whoever offers. */
  #recordedTerms(): RecordedTerms | null {
    const { isRecorded, recording } = this.#consenting.state.get();
    return isRecorded && recording ? { audioOnly: recording.audioOnly } : null;
  }

  #signals(to: string): Signals {
    const [connection, roomId] = [this.#connection, this.roomId];
    return {
      isReady: () => connection.state.get().isConnected && this.#isSeated,
      offer: async (sdp) => (await connection.ask("webrtc:offer", { roomId, to, sdp })).negotiation,
      answer: async (sdp, negotiation) => void (await connection.ask("webrtc:answer", { roomId, to, sdp, negotiation })),
      candidate: async (candidate, negotiation) =>
        void (await connection.ask("webrtc:ice_candidate", { roomId, to, candidate, negotiation })),
    };
  }

  #empty(): void {
    this.#isSeated = false;
    this.#peers.clear();
    this.#recorders.clear();
  }

  // ---- the end

  #takenOver(): void {
    if (!this.#isIn) return;
    void this.leave();
    this.#state.patch({ status: "elsewhere" });
  }

  #over(status: CallStatus, why: { error?: Refused; reason?: string | null } = {}): void {
    this.#round += 1;
    for (const forget of this.#forget.splice(0)) forget();
    clearTimeout(this.#retryTimer);
    this.#empty();
    this.#local.close();
    this.#seat.release();
    if (status !== "elsewhere") remember(this.roomId, null);
    const { error = null, reason = null } = why;
    this.#state.patch({ status, error, reason, position: null, peerId: null });
  }

  // ---- what is shown and said

  #localChanged(): void {
    const local = this.#local.shown();
    this.#state.patch({ local, devices: this.#local.capture.devices.state.get() });
    if (!this.#isIn) return;
    for (const { link } of this.#peers) link.tracksChanged();
    this.#recorders.look();
    void this.#tellMedia();
  }

  async #tellMedia(): Promise<void> {
    const media = this.#local.media();
    const [before, now] = [this.#told, JSON.stringify(media)];
    if (before === now || !this.#isSeated || !this.#connection.state.get().isConnected) return;
    this.#told = now;
    try {
      await this.#connection.ask("webrtc:media_state", { roomId: this.roomId, ...media });
    } catch {
      // The next session says it again; so does the next change.
      if (this.#told === now) this.#told = before;
    }
  }

  #show(): void {
    const me = this.#connection.state.get().user?.id ?? null;
    const peers = this.#peers.shown(me);
    const shown = this.#state.get().peers;
    const isSame = peers.length === shown.length && peers.every((peer, index) => peer === shown[index]);
    if (!isSame) this.#state.patch({ peers });
  }
}
