/** A real server in a process of its own, on a data folder of its own, that can be killed and started again. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { BINARY, Program, answers, freePort } from "../../testing/program.js";

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
  #program: Program | null = null;

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
    this.#program = new Program(BINARY, ["serve"], this.#environment);
    await this.#program.ready(() => answers(this.url));
  }

  /** SIGKILL: no goodbye to anybody. */
  async kill(): Promise<void> {
    await this.#program?.kill();
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
  async link(doctor: Person, room: string, name: string, role: Role = "patient"): Promise<string> {
    const path = `/api/v1/consultations/${room}/invitations`;
    const { url } = await this.rest<{ url: string }>(doctor, "POST", path, { role, name });
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
}

/** Start a server of one's own; `tables` is what only a file can say of its configuration. `stop()` it when done. */
export async function startServer(settings: Settings = {}, tables = ""): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), "bedside-e2e-"));
  const file = join(folder, "bedside.toml");
  await writeFile(file, tables);
  const server = new Server(await freePort(), folder, { BEDSIDE_CONFIG: file, ...settings });
  await server.start();
  return server;
}
