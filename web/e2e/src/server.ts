/** A real server in a process of its own, on a data folder of its own, that can be killed and started again. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const BINARY =
  process.env["BEDSIDE_BIN"] ?? fileURLToPath(new URL("../../../target/debug/bedside", import.meta.url));
const START_MS = 20_000;

export type Role = "doctor" | "patient" | "staff" | "guest";

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

export interface Consultation {
  readonly id: string;
  readonly status: string;
}

/** Settings by their environment variables, as in `BEDSIDE_SERVER__ALLOWED_ORIGINS`. */
export type Settings = Readonly<Record<string, string>>;

export class Server {
  readonly url: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #folder: string;
  #process: ChildProcess | null = null;
  #log = "";

  constructor(port: number, folder: string, settings: Settings) {
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#environment = {
      ...process.env,
      BEDSIDE_DATA__DIR: folder,
      BEDSIDE_SERVER__BIND: `127.0.0.1:${port}`,
      BEDSIDE_SERVER__ALLOWED_ORIGINS: "*",
      BEDSIDE_AUTH__SECRET: "browsers meet here, and only for a test",
      BEDSIDE_LOG__FILTER: "info",
      ...settings,
    };
  }

  /** Start it, and wait until it is ready. */
  async start(): Promise<void> {
    const child = spawn(BINARY, ["serve"], { env: this.#environment, stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#log += text));
    const failed = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`the server ended:\n${this.#log}`)));
    });
    failed.catch(() => undefined);
    const ready = this.#ready(Date.now() + START_MS);
    await Promise.race([ready, failed]);
  }

  /** SIGKILL: no goodbye to anybody. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** End it, with everything that it stored. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async token(person: Person): Promise<string> {
    const words = ["token", "--user", person.id, "--role", person.role, "--name", person.name];
    const { stdout } = await promisify(execFile)(BINARY, words, { env: this.#environment });
    return stdout.trim();
  }

  /** An invitation, as a doctor copies it. */
  async link(doctor: Person, room: string, name: string): Promise<string> {
    const path = `/api/v1/consultations/${room}/invitations`;
    const { url } = await this.rest<{ url: string }>(doctor, "POST", path, { role: "patient", name });
    return url;
  }

  /** An account of this server's own, made as its operator makes it. */
  async addAccount({ id, name, role }: Person, password: string): Promise<void> {
    const words = ["user", "add", id, "--role", role, "--name", name, "--password-stdin"];
    const making = promisify(execFile)(BINARY, words, { env: this.#environment });
    making.child.stdin?.end(`${password}\n`);
    await making;
  }

  /** REST, in somebody's name. What is refused throws. */
  async rest<T>(person: Person, method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${await this.token(person)}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : {}) as T;
  }

  async #ready(until: number): Promise<void> {
    for (;;) {
      const answer = await fetch(`${this.url}/readyz`).catch(() => null);
      if (answer?.ok) return;
      if (Date.now() > until) throw new Error(`the server was not ready in time:\n${this.#log}`);
      await new Promise((resume) => setTimeout(resume, 25));
    }
  }
}

/** Start a server of one's own. `stop()` it when done. */
export async function startServer(settings: Settings = {}): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), "bedside-e2e-"));
  const server = new Server(await freePort(), folder, settings);
  await server.start();
  return server;
}

/** A port that nobody listens on: the same one is used again after a restart. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
