/** Waiting for what is to come, never for time to pass. */
import type { Observable } from "../../src/index.js";

const PATIENCE_MS = 20_000;

/** The first value of an observable that fits. */
export function until<T>(
  observable: Observable<T>,
  fits: (value: T) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const unsubscribe = observable.subscribe(() => look());
    const late = setTimeout(() => {
      unsubscribe();
      reject(
        new Error(`it did not come: ${fits}\n${JSON.stringify(observable.get(), null, 1).slice(0, 4_000)}`),
      );
    }, patienceMs);
    const look = (): void => {
      const value = observable.get();
      if (!fits(value)) return;
      clearTimeout(late);
      unsubscribe();
      resolve(value);
    };
    look();
  });
}

/** What a promise brings; if it does not come, how things stand. */
export async function within<T>(
  promise: Promise<T>,
  standing: () => unknown,
  patienceMs = 45_000,
): Promise<T> {
  let late: ReturnType<typeof setTimeout> | undefined;
  const never = new Promise<never>((_, reject) => {
    late = setTimeout(
      () => reject(new Error(`it did not come: ${JSON.stringify(standing(), null, 1)}`)),
      patienceMs,
    );
  });
  return Promise.race([promise, never]).finally(() => clearTimeout(late));
}
