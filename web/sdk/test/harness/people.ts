/** People at their browsers. */
import { Bedside, type BedsideOptions, type Entry, type Role } from "../../src/index.js";
import type { Server } from "./server.js";

/** What a page keeps, in a test that is several pages. */
export class MemoryStorage {
  readonly #all = new Map<string, string>();

  get length(): number {
    return this.#all.size;
  }

  key(index: number): string | null {
    return [...this.#all.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#all.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#all.set(key, value);
  }

  removeItem(key: string): void {
    this.#all.delete(key);
  }
}

const open = new Set<Bedside>();

/** A page of somebody who signed in. */
export async function person(
  server: Server,
  user: string,
  role: Role,
  options: Partial<BedsideOptions> = {},
): Promise<Bedside> {
  const token = options.token ?? (await server.token(user, role));
  const bedside = new Bedside({ url: server.url, storage: new MemoryStorage(), ...options, token });
  open.add(bedside);
  return bedside;
}

/** To be called after each test. */
export function everybodyLeaves(): void {
  for (const bedside of open) bedside.close();
  open.clear();
}

/** The texts of a chat, in the order in which they stand there. */
export function texts(entries: readonly Entry[]): (string | null)[] {
  return entries.flatMap((entry) => (entry.kind === "message" ? [entry.message.content ?? null] : []));
}
