/** A TURN server (coturn) on this machine, with the secret that it shares with Bedside. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type Settings } from "./server.js";

const SECRET = "a secret that coturn and Bedside share";
const START_MS = 10_000;

export class Turn {
  readonly #port: number;
  readonly #folder: string;
  #process: ChildProcess | null = null;

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
    const child = spawn("turnserver", ["-c", file], { stdio: "ignore" });
    this.#process = child;
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    failed.catch(() => undefined);
    await Promise.race([this.#listens(Date.now() + START_MS), failed]);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #listens(until: number): Promise<void> {
    for (;;) {
      const listens = await new Promise<boolean>((resolve) => {
        const probe = connect(this.#port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
        probe.on("connect", () => probe.destroy());
      });
      if (listens) return;
      if (Date.now() > until) throw new Error("coturn did not start");
      await new Promise((resume) => setTimeout(resume, 25));
    }
  }
}

/** Start a TURN server of one's own. `stop()` it when done. */
export async function startTurn(): Promise<Turn> {
  const turn = new Turn(await freePort(), await mkdtemp(join(tmpdir(), "bedside-turn-")));
  await turn.start();
  return turn;
}
