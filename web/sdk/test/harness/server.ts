/** A real server on a port of its own, with a data folder that goes with it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Consultation, Role } from "../../src/index.js";

/** The server's program: of a `cargo build`, unless the environment names another. */
const BINARY =
  process.env.BEDSIDE_BIN ??
  path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../../target/debug/bedside");
const START_MS = 20_000;

export interface Setup {
  set?: Record<string, string | number>;
}

export class Server {
  readonly port: number;
  readonly url: string;
  readonly #folder: string;
  readonly #set: Record<string, string | number>;
  #process: ChildProcess | null = null;
  #staff: Promise<string> | null = null;

  private constructor(port: number, folder: string, set: Record<string, string | number>) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#set = set;
  }

  static async start({ set = {} }: Setup = {}): Promise<Server> {
    const folder = await mkdtemp(path.join(tmpdir(), "bedside-sdk-"));
    const server = new Server(await freePort(), folder, set);
    await server.run();
    return server;
  }

  /** Run, again if need be: on the same port, with the same data. */
  async run(): Promise<void> {
    const args = [...this.#args(), "serve", "--bind", `127.0.0.1:${this.port}`];
    const child = spawn(BINARY, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    const lines = createInterface({ input: child.stderr });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        child.kill();
        reject(new Error("the server did not start in time"));
      }, START_MS);
      child.once("error", reject);
      child.once("exit", (code) =>
        reject(new Error(`the server ended at once (${code}); is ${BINARY} built?`)),
      );
      lines.on("line", (line) => {
        if (!line.includes('"level":"INFO"')) console.error(line);
        if (!line.includes('"message":"ready"')) return;
        clearTimeout(late);
        resolve();
      });
    });
  }

  /** SIGKILL: nothing is said, nothing is put away. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A token, as `bedside token` prints it. */
  async token(user: string, role: Role, more: string[] = []): Promise<string> {
    const args = [...this.#args(), "token", "--user", user, "--role", role, ...more];
    const { stdout } = await promisify(execFile)(BINARY, args);
    return stdout.trim();
  }

  /** A consultation of this doctor and this patient. */
  async visit(doctorId: string, patientId: string, more: object = {}): Promise<Consultation> {
    this.#staff ??= this.token("staff", "staff");
    const answer = await fetch(`${this.url}/api/v1/consultations`, {
      method: "POST",
      headers: { authorization: `Bearer ${await this.#staff}`, "content-type": "application/json" },
      body: JSON.stringify({ doctorId, patientId, ...more }),
    });
    if (!answer.ok) throw new Error(`no consultation was made: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Consultation;
  }

  #args(): string[] {
    const set = Object.entries({ "data.dir": this.#folder, ...this.#set });
    return set.flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  }
}

export async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
