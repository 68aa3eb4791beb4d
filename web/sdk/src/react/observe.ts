/** Observables as React state. */
import { useSyncExternalStore } from "react";
import type { Observable } from "../state.js";

const nothing = (): (() => void) => () => {};

/** The value of an observable; `otherwise` where there is none. */
export function useObservable<T>(observable: Observable<T> | null, otherwise: T): T {
  const get = observable ? observable.get : (): T => otherwise;
  return useSyncExternalStore(observable ? observable.subscribe : nothing, get, get);
}
