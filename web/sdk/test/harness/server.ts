/** A real server on a port of its own, with a data folder that goes with it. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { BINARY, Program, answers, freePort } from "../../../testing/program.js";
import type { Consultation, Role } from "../../src/index.js";

export interface Setup {
  set?: Record<string, string | number>;
  /** A configuration file (TOML), for what cannot be set by a flag. */
  file?: string;
}

export class Server {
  readonly port: number;
  readonly url: string;
  readonly #folder: string;
  readonly #set: Record<string, string | number>;
  readonly #file: string | null;
  #program: Program | null = null;
  #staff: Promise<string> | null = null;

  private constructor(
    port: number,
    folder: string,
    set: Record<string, string | number>,
    file: string | null,
  ) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#set = set;
    this.#file = file;
  }

  static async start({ set = {}, file }: Setup = {}): Promise<Server> {
    const folder = await mkdtemp(path.join(tmpdir(), "bedside-sdk-"));
    const written = file === undefined ? null : path.join(folder, "bedside.toml");
    if (written !== null) await writeFile(written, file ?? "");
    const server = new Server(await freePort(), folder, set, written);
    await server.run();
    return server;
  }

  /** Run, again if need be: on the same port, with the same data. */
  async run(): Promise<void> {
    const args = [...this.#args(), "serve", "--bind", `127.0.0.1:${this.port}`];
    this.#program = new Program(BINARY, args);
    await this.#program.ready(() => answers(this.url));
  }

  /** SIGKILL: nothing is said, nothing is put away. */
  async kill(): Promise<void> {
    await this.#program?.kill();
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
    const file = this.#file === null ? [] : ["--config", this.#file];
    return [...file, ...set.flatMap(([key, value]) => ["--set", `${key}=${value}`])];
  }
}
