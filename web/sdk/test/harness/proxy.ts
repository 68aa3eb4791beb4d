/** A network in between that misbehaves as it is told to. */
import { type Server as Listener, type Socket, connect, createServer } from "node:net";

/** What becomes of one connection. */
export interface Fate {
  /** Each piece is held up for so long, in order. */
  delayMs?: number;
  /** So many bytes pass, both ways together; then… */
  passBytes?: number;
  /** …it is cut, or nothing passes any more and it is cut later, as when a phone leaves the house. */
  end?: "cut" | { silentMs: number };
  /** It is not even accepted. */
  refused?: boolean;
}

export class Proxy {
  readonly url: string;
  /** How many connections there were. */
  connections = 0;
  #generation = 0;
  readonly #listener: Listener;
  readonly #sockets = new Set<Socket>();

  private constructor(listener: Listener, port: number) {
    this.#listener = listener;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** `fate` says what becomes of each connection; `looks` at its first bytes, where the fate depends on them. */
  static async before(port: number, fate: (index: number, head: string) => Fate): Promise<Proxy> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const proxy = new Proxy(listener, (listener.address() as { port: number }).port);
    listener.on("connection", (client) => {
      const index = proxy.connections++;
      proxy.#keep(client);
      client.once("data", (head) => {
        client.pause();
        proxy.#join(client, head, port, fate(index, head.toString("latin1")));
      });
    });
    return proxy;
  }

  /** Let nothing pass any more on what stands just now, and say nothing of it: as when a phone leaves the house. */
  mute(): void {
    this.#generation += 1;
  }

  /** Cut everything that passes just now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // A cut is what this is for.
    socket.on("error", () => {});
  }

  #join(
    client: Socket,
    head: Buffer,
    port: number,
    { delayMs = 0, passBytes = Infinity, end = "cut", refused }: Fate,
  ): void {
    if (refused) {
      client.destroy();
      return;
    }
    const server = connect(port, "127.0.0.1");
    this.#keep(server);
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
    let left = passBytes;
    let silent = false;
    const generation = this.#generation;
    const carry = (to: Socket) => {
      return (piece: Buffer): void => {
        if (silent || generation !== this.#generation) return;
        left -= piece.length;
        if (left < 0) {
          silent = true;
          setTimeout(() => client.destroy(), end === "cut" ? 0 : end.silentMs);
        } else if (delayMs === 0) {
          to.write(piece);
        } else {
          // Timers of one length fire in order.
          setTimeout(() => to.writable && to.write(piece), delayMs);
        }
      };
    };
    carry(server)(head);
    client.on("data", carry(server));
    server.on("data", carry(client));
    client.resume();
  }
}
