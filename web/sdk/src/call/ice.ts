/** STUN and TURN servers of a call, with credentials that live for a while. */
import type { IcePolicy, IceServer } from "../generated/events.js";
import { Listeners } from "../state.js";
import type { CallConnection } from "./port.js";

/** Credentials that end sooner than this are renewed before they are used. */
const MARGIN_MS = 60_000;

export class IceServers {
  readonly #connection: CallConnection;
  readonly #roomId: string;
  #servers: readonly IceServer[] = [];
  #expiresAtMs: number | null = null;
  #policy: IcePolicy = "all";
  /** The server has pushed other ones. */
  readonly renewed = new Listeners<[]>();

  constructor(connection: CallConnection, roomId: string) {
    this.#connection = connection;
    this.#roomId = roomId;
  }

  listen(): () => void {
    return this.#connection.on("webrtc:ice_servers", ({ roomId, iceServers, expiresAt }) => {
      if (roomId !== this.#roomId) return;
      this.set(iceServers, expiresAt ?? null, this.#policy);
      this.renewed.tell();
    });
  }

  set(servers: readonly IceServer[], expiresAt: string | null, policy: IcePolicy): void {
    this.#servers = servers;
    this.#expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt);
    this.#policy = policy;
  }

  /** For a connection that is about to look for ways. Does not fail: old servers are better than none. */
  async configuration(): Promise<RTCConfiguration> {
    const isOld = this.#expiresAtMs !== null && this.#expiresAtMs - Date.now() < MARGIN_MS;
    if (isOld && this.#connection.state.get().isConnected) {
      await this.#connection
        .ask("webrtc:ice_servers", { roomId: this.#roomId })
        .then(({ iceServers, expiresAt }) => this.set(iceServers, expiresAt ?? null, this.#policy))
        .catch(() => undefined);
    }
    return {
      iceServers: this.#servers.map(({ urls, username, credential }) => ({
        urls,
        ...(username != null && { username }),
        ...(credential != null && { credential }),
      })),
      iceTransportPolicy: this.#policy,
      bundlePolicy: "max-bundle",
    };
  }
}
