/** A TURN server (coturn) on this machine, with the secret that it shares with Bedside. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, freePort } from "../../testing/program.js";
import type { Settings } from "./server.js";

const SECRET = "a secret that coturn and Bedside share";
const START_MS = 10_000;

export class Turn {
  readonly #port: number;
  readonly #folder: string;
  #program: Program | null = null;

  constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
  }

  /** What Bedside has to know of it. */
  get settings(): Settings {
    return {
      BEDSIDE_TURN__URLS: `turn:127.0.0.1:${this.#port}?transport=udp`,
      BEDSIDE_TURN__SECRET: SECRET,
    };
  }

  async start(): Promise<void> {
    const configuration = [
      "use-auth-secret",
      `static-auth-secret=${SECRET}`,
      "realm=visits.example.org",
      "listening-ip=127.0.0.1",
      `listening-port=${this.#port}`,
      "relay-ip=127.0.0.1",
      "allow-loopback-peers",
      "no-tls",
      "no-dtls",
      "no-cli",
      "simple-log",
      `log-file=${this.#folder}/coturn.log`,
      `userdb=${this.#folder}/coturn.sqlite`,
      `pidfile=${this.#folder}/coturn.pid`,
    ];
    const file = join(this.#folder, "turnserver.conf");
    await writeFile(file, configuration.join("\n"));
    this.#program = new Program("turnserver", ["-c", file]);
    await this.#program.ready(() => this.#listens(), START_MS);
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const probe = connect(this.#port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      probe.on("connect", () => probe.destroy());
    });
  }
}

/** Start a TURN server of one's own. `stop()` it when done. */
export async function startTurn(): Promise<Turn> {
  const turn = new Turn(await freePort(), await mkdtemp(join(tmpdir(), "bedside-turn-")));
  await turn.start();
  return turn;
}
