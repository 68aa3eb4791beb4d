/** Programs that tests of this workspace run beside them: Bedside's server above all. */
import { type ChildProcess, spawn } from "node:child_process";
import { get } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The server's program: of a `cargo build`, unless the environment names another. */
export const BINARY =
  process.env["BEDSIDE_BIN"] ??
  // Not as a URL: tests in a made-up browser have another idea of those.
  resolve(dirname(fileURLToPath(import.meta.url)), "../../target/debug/bedside");

/** How long the server may take until it answers. */
export const START_MS = 20_000;
/** Between two looks whether a program is ready. */
const LOOK_MS = 25;

/** A program of one's own, ended at once when it is told to. */
export class Program {
  /** What it has said on its standard error. */
  log = "";
  readonly #child: ChildProcess;
  readonly #failed: Promise<never>;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.log += text));
    this.#failed = new Promise<never>((_, reject) => {
      child.once("error", (cause) =>
        reject(new Error(`${command} cannot be run; is it built or installed?`, { cause })),
      );
      child.once("exit", () => reject(new Error(`${command} ended:\n${this.log}`)));
    });
    this.#failed.catch(() => undefined);
  }

  /** Wait until it is ready, as `look` finds it. */
  async ready(look: () => Promise<boolean>, patienceMs = START_MS): Promise<void> {
    const until = Date.now() + patienceMs;
    const looking = async (): Promise<void> => {
      while (!(await look())) {
        if (Date.now() > until) throw new Error(`it was not ready in time:\n${this.log}`);
        await new Promise((resume) => setTimeout(resume, LOOK_MS));
      }
    };
    await Promise.race([looking(), this.#failed]);
  }

  /** SIGKILL: nothing is said, nothing is put away. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }
}

/** Whether a server answers that it is ready. Asked past the `fetch` of a made-up browser, which minds origins. */
export function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${url}/readyz`, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.once("error", () => resolve(false));
  });
}

/** A port that nobody listens on: the same one is used again after a restart. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
