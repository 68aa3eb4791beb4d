/** Values that change and tell who listens; what the whole library shows of itself is made of these. */

/** A value that changes. `get` gives an immutable snapshot: another object after each change, the same one between. */
export interface Observable<T> {
  get(): T;
  /** Be told after each change. What is returned ends it. */
  subscribe(listener: () => void): () => void;
}

/** An observable of which somebody is the owner. */
export class Value<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Listeners<[]>();

  constructor(value: T) {
    this.#value = value;
  }

  // Arrow functions: React and others take these two off the object.
  readonly get = (): T => this.#value;
  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener);

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#listeners.tell();
  }

  /** Change some fields. Nobody is told where they had these values already. */
  patch(part: Partial<T>): void {
    const keys = Object.keys(part) as (keyof T)[];
    if (keys.every((key) => Object.is(part[key], this.#value[key]))) return;
    this.set({ ...this.#value, ...part });
  }
}

/** Who listens. One listener that throws keeps nobody else from hearing. */
export class Listeners<A extends unknown[]> {
  readonly #all = new Set<{ listener: (...heard: A) => void }>();

  add(listener: (...heard: A) => void): () => void {
    const entry = { listener };
    this.#all.add(entry);
    return () => {
      this.#all.delete(entry);
    };
  }

  tell(...heard: A): void {
    for (const { listener } of [...this.#all]) guarded(() => listener(...heard));
  }
}

/** Call somebody else's code. Its fault is reported as an uncaught error and does not come back to us. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (fault) {
    queueMicrotask(() => {
      throw fault;
    });
  }
}
