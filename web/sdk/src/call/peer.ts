/** Somebody else in the call: who they are, the link to them, and how it is. */
import type { Peer as PeerMeta, WebrtcMediaStateHeard } from "../generated/events.js";
import { Link, type LinkOptions } from "./link.js";
import { type Look, look, qualityOf, statsBetween, steady } from "./quality.js";
import type { CallPeer, CallStats, Quality } from "./state.js";

export class Peer {
  readonly link: Link;
  #meta: PeerMeta;
  #isLost = false;
  #look: Look | null = null;
  #stats: CallStats | null = null;
  #quality: Quality = "unknown";
  #lastQuality: Quality = "unknown";
  #snapshot: CallPeer | null = null;

  constructor(meta: PeerMeta, options: Omit<LinkOptions, "polite">) {
    this.#meta = meta;
    const changed = (): void => {
      this.#snapshot = null;
      options.changed();
    };
    this.link = new Link({ ...options, changed, polite: meta.polite });
    this.link.setAway(meta.away ?? false);
  }

  /** Whether the server takes them for gone, while sound and picture still come. */
  get isLost(): boolean {
    return this.#isLost;
  }

  get isAway(): boolean {
    return this.#meta.away ?? false;
  }

  lose(): void {
    this.setAway(true);
    this.#isLost = true;
  }

  /** What the server says of them now. */
  update(meta: PeerMeta): void {
    this.#isLost = false;
    this.#tell(meta);
    this.link.setAway(this.isAway);
  }

  setAway(away: boolean): void {
    this.update({ ...this.#meta, away });
  }

  setMedia({ audio, video, screen }: WebrtcMediaStateHeard): void {
    this.#tell({ ...this.#meta, media: { audio, video, screen } });
  }

  /** Look how the link is. Gives what is worth reporting. */
  async measure(nowMs: number): Promise<CallStats | null> {
    const report = await this.link.report();
    if (!report || this.link.connection !== "connected") {
      [this.#look, this.#stats, this.#quality, this.#lastQuality] = [null, null, "unknown", "unknown"];
    } else {
      const now = look(report.values(), nowMs);
      this.#stats = statsBetween(this.#look, now);
      const quality = qualityOf(this.#stats, this.#meta.media.video ?? false);
      this.#quality = steady(this.#quality, this.#lastQuality, quality);
      [this.#look, this.#lastQuality] = [now, quality];
    }
    this.#snapshot = null;
    return this.#stats;
  }

  /** As it is shown; the same object until something changes. */
  snapshot(): CallPeer {
    const { peerId, userId, name = null, role, media } = this.#meta;
    const screen = media.screen ?? false;
    this.#snapshot ??= {
      peerId,
      userId,
      name,
      role,
      media: { audio: media.audio ?? false, video: media.video ?? false, screen },
      away: this.isAway,
      connection: this.link.connection,
      stream: this.link.stream,
      screen: screen ? this.link.screen : null,
      quality: this.#quality,
      stats: this.#stats,
    };
    return this.#snapshot;
  }

  #tell(meta: PeerMeta): void {
    this.#meta = meta;
    this.#snapshot = null;
  }
}
