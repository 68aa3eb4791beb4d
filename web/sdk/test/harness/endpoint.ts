/** An endpoint that speaks the streaming protocol of OpenAI-compatible servers and says what a test tells it to. */
import { type IncomingMessage, type Server as Listener, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One message of what was sent here. */
export interface Said {
  role: "system" | "user" | "assistant";
  content: string;
}

/** What becomes of one question. */
export type Script = (reply: Reply, question: string) => void | Promise<void>;

/** An answer in the making. */
export class Reply {
  /** Done when nobody waits for this answer any more. */
  readonly left: Promise<void>;
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.left = new Promise((resolve) => response.once("close", resolve));
  }

  /** Add a piece. Done when the network has taken it. */
  say(content: string): Promise<void> {
    this.#begin();
    return this.#write({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  }

  /** Add many pieces, one after the other, so many milliseconds apart. */
  async sayAll(pieces: readonly string[], pauseMs = 0): Promise<void> {
    for (const piece of pieces) {
      await this.say(piece);
      if (pauseMs > 0) await new Promise((resume) => setTimeout(resume, pauseMs));
    }
  }

  /** That was all. */
  async end(): Promise<void> {
    this.#begin();
    await this.#write({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    this.#response.end("data: [DONE]\n\n");
  }

  /** Break off in the middle. */
  cut(): void {
    this.#response.destroy();
  }

  /** Do not answer at all. */
  refuse(status: number, headers: Record<string, string> = {}): void {
    this.#response.writeHead(status, { "content-type": "application/json", ...headers });
    this.#response.end(JSON.stringify({ error: { message: "refused as the test wants it", type: "error" } }));
  }

  #begin(): void {
    if (!this.#response.headersSent) this.#response.writeHead(200, { "content-type": "text/event-stream" });
  }

  #write(chunk: object): Promise<void> {
    const line = `data: ${JSON.stringify({ object: "chat.completion.chunk", ...chunk })}\n\n`;
    return new Promise((resolve) => this.#response.write(line, () => resolve()));
  }
}

export class Endpoint {
  /** What was sent with each question, in order. */
  readonly asked: Said[][] = [];
  /** What is done with the next questions. */
  script: Script;
  readonly #listener: Listener;

  private constructor(listener: Listener, script: Script) {
    this.#listener = listener;
    this.script = script;
    listener.on("request", (request, response) => void this.#answer(request, response));
  }

  static async start(script: Script = (reply) => reply.end()): Promise<Endpoint> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return new Endpoint(listener, script);
  }

  /** As people are shown it. */
  get host(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Tables for the server's configuration: one for each of these assistants, all of which answer here. */
  tables(...assistants: Readonly<Record<string, string | number | boolean>>[]): string {
    const tables = assistants.map((assistant) => {
      const all = { base_url: `http://${this.host}/v1`, model: "scripted", ...assistant };
      const lines = Object.entries(all).map(([key, value]) => `${key} = ${valueOf(value)}`);
      return ["[[assistant]]", ...lines].join("\n");
    });
    return tables.join("\n\n");
  }

  async stop(): Promise<void> {
    this.#listener.closeAllConnections();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A reader that has gone is what some tests are about.
    response.on("error", () => {});
    let body = "";
    for await (const piece of request.setEncoding("utf8")) body += piece;
    const { messages } = JSON.parse(body) as { messages: Said[] };
    this.asked.push(messages);
    await this.script(new Reply(response), messages.at(-1)?.content ?? "");
  }
}

/** Inline tables are given as they are written. */
const valueOf = (value: string | number | boolean): string =>
  typeof value === "string" && !value.startsWith("{") ? JSON.stringify(value) : String(value);
